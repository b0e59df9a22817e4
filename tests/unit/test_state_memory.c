/* idp/state, idp/journal and idp/keys when memory runs out: the linker sends every allocation of ours
 * here (--wrap). Allocation n fails, for n = 0, 1, 2 … until all succeed: never a crash, a leak (the
 * address sanitizer looks) or a false success. */
#include "journal/journal.h"
#include "keys/keys.h"
#include "state/spent.h"
#include "support/folder.h"
#include "support/suite.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1795535700)

enum { NO_LIMIT = -1, MOST = 5000 };

static _Atomic long left = NO_LIMIT; /* of the writer thread too */

static bool is_out_of_memory(void)
{
    return atomic_load(&left) != NO_LIMIT && atomic_fetch_sub(&left, 1) <= 0;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size) { return is_out_of_memory() ? NULL : __real_malloc(size); }

void *__wrap_calloc(size_t count, size_t size)
{
    return is_out_of_memory() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return is_out_of_memory() ? NULL : __real_realloc(old, size);
}

static struct folder folder;

static char keys_path[2 * FOLDER_PATH_MAX], state_path[sizeof keys_path],
    anchor_path[sizeof keys_path];

/* The paths beforehand: Check allocates too. */
static void setup(void)
{
    folder_make(&folder);
    (void)snprintf(keys_path, sizeof keys_path, "%s/keys", folder.path);
    (void)snprintf(state_path, sizeof state_path, "%s/state.db", folder.path);
    (void)snprintf(anchor_path, sizeof anchor_path, "%s/anchor", folder.path);
}
static void teardown(void) { folder_remove(&folder); }

static err_t spend_job(struct state_tx *tx, void *arg)
{
    struct journal_entry e = { .event = JOURNAL_SESSION_ENDED,
                               .at_ms = NOW * 1000,
                               .actor = STR("anne"),
                               .session = STR("sid"),
                               .data = JOURNAL_DATA({ "reason", STR("test") }) };
    TRY(otp_spend(tx, STR("otp"), *(int64_t *)arg, NOW));
    return journal_append(tx, &e);
}

/* Everything a start and a first write do. *wrote: the write was acknowledged. */
static err_t start_and_write(int64_t step, bool *wrote)
{
    struct keys_options k = { .dir = keys_path, .create = true };
    struct state_options s = { .path = state_path, .readers = 1 };
    struct journal_options j = { .anchor = anchor_path };
    enum journal_anchor found;
    struct keys *keys = NULL;
    struct state *st = NULL;
    struct journal *journal = NULL;
    err_t e = keys_open(&k, NULL, NULL, &keys);
    if (err_ok(e))
        e = state_open(&s, NULL, &st);
    if (err_ok(e))
        e = keys_derive(keys, STR(JOURNAL_KEY_PURPOSE), j.key);
    if (err_ok(e))
        e = journal_open(st, &j, NOW, &found, &journal);
    if (err_ok(e))
        e = state_write(st, spend_job, &step);
    *wrote = err_ok(e);
    journal_close(journal);
    state_close(st);
    keys_free(keys);
    return e;
}

static err_t look_job(struct state_tx *tx, void *arg)
{
    err_t e = otp_spend(tx, STR("otp"), *(int64_t *)arg, NOW);
    return err_ok(e) ? ERR(DENIED) : e; /* only a look */
}

static void check_kept(int64_t step, bool wrote)
{
    struct state_options s = { .path = state_path, .readers = 1 };
    struct state *st = NULL;
    ck_assert_ok(state_open(&s, NULL, &st));
    ck_assert_int_eq(state_write(st, look_job, &step).code, wrote ? ERR_CODE_SPENT : ERR_DENIED);
    state_close(st);
}

START_TEST(each_allocation_fails)
{
    err_t e = ERR(UNSET);
    long n = 0;
    for (; n < MOST && !err_ok(e); n++) {
        bool wrote = false;
        atomic_store(&left, n);
        e = start_and_write(n, &wrote);
        atomic_store(&left, NO_LIMIT);
        ck_assert_msg(err_ok(e) || e.code == ERR_NO_MEMORY || e.code == ERR_STATE_DOWN ||
                          e.code == ERR_CRYPTO,
                      "allocation %ld: %s", n, err_name(e));
        check_kept(n, wrote);
    }
    ck_assert_int_gt(n, 20);
    ck_assert_ok(e);
}
END_TEST

int main(void)
{
    TCase *memory = tcase_create("memory");
    tcase_add_checked_fixture(memory, setup, teardown);
    tcase_set_timeout(memory, 60);
    tcase_add_test(memory, each_allocation_fails);
    return RUN_SUITE("state_memory", memory);
}
