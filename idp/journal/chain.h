/* chain.h - the bytes that are hashed. Changing one of them means a new label and both kept.
 *
 *   hash(record) = SHA-256( "habilis-journal-1\n"
 *                           seq, at_ms               8 bytes each, big-endian
 *                           event, actor, subject, client, structure, session, network, data
 *                                                    each: length in 4 bytes big-endian, bytes
 *                           prev )                   32 bytes; all zero for record 1
 *   mac(label, seq, hash) = HMAC-SHA-256( key, LABEL "\n" seq hash )
 *
 * Lengths go in front, so no text can flow from one field into the next.
 */
#ifndef JOURNAL_CHAIN_H
#define JOURNAL_CHAIN_H

#include "journal/journal.h"

#define CHAIN_CHECKPOINT "habilis-checkpoint-1"
#define CHAIN_ANCHOR     "habilis-anchor-1"

struct chain_point {
    int64_t seq; /* 0: before the first record, with a hash of zeros */
    unsigned char hash[JOURNAL_HASH_LEN];
};

/* Hashes all fields of R but `hash`, which it does not read. Errors: NO_MEMORY, TOO_LARGE, CRYPTO. */
NODISCARD err_t chain_hash(const struct journal_record *r, unsigned char out[JOURNAL_HASH_LEN]);
NODISCARD err_t chain_mac(const unsigned char key[JOURNAL_KEY_LEN], struct str label,
                          const struct chain_point *point, unsigned char out[JOURNAL_HASH_LEN]);

#endif
