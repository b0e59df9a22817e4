/* service.h - what habilisd is made of, built once by main() and passed to every handler.
 *
 * All members are immutable after the start, or look after their own threads.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "base/str.h"
#include "state/throttle.h"

struct config;
struct directory;
struct state;
struct journal;
struct keys;
struct jwks;
struct pages;
struct registry;
struct opened;
struct sender;
struct people;
struct recorder;
struct authzen;

enum { SERVICE_CSRF_KEY_LEN = 32 };

struct service {
    const struct config *config;
    struct directory *directory;
    struct state *state;
    struct journal *journal;
    struct keys *keys;
    struct jwks *own_keys; /* the public halves of the signing keys, to verify our own tokens */
    struct pages *pages;
    struct registry *registry;
    struct opened *opened;     /* emergencies open now (emergency/opened.h) */
    struct sender *sender;     /* of mail */
    struct people *people;     /* persons in memory; reloads the registry, too */
    struct recorder *recorder; /* of the past */
    struct authzen *authzen;   /* decisions for applications */
    struct str issuer;
    struct str charter_version, charter_text; /* version empty: there is no charter */
    char *charter_owned; /* what charter_text points to, when read from a file */
    struct throttle_policy throttle_account, throttle_network, throttle_otp;
    struct throttle_policy throttle_sign_ins, throttle_all_sign_ins;
    unsigned char csrf_key[SERVICE_CSRF_KEY_LEN];
};

#endif
