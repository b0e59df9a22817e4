/* Everybody, read page by page from a real slapd. */
#include "integration/directory_fixture.h"

#include "base/buf.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { EXTRA = 620, LDIF_MAX = 1024 * 1024 }; /* more than a page of people and of assignments */

struct heard {
    int persons, assignments, pages, marie, of_marie, suspended, stop_after;
    bool assignments_began;
};

static err_t on_person(void *ctx, const struct dir_person *p)
{
    struct heard *h = ctx;
    ck_assert_msg(!h->assignments_began, "a person after an assignment");
    ck_assert(str_is_uuid(p->id) && p->login.len > 0 && p->dn.len > 0);
    h->persons++;
    h->marie += str_eq(p->id, STR(MARIE_ID)) && str_eq(p->login, STR("marie.n-diaye"));
    h->suspended += !p->active;
    return h->persons == h->stop_after ? ERR(CONFLICT) : ERR(OK);
}

static err_t on_assignment(void *ctx, struct str person, const struct dir_assignment *a)
{
    struct heard *h = ctx;
    h->assignments_began = true;
    h->assignments++;
    if (str_eq(person, STR(MARIE_ID))) {
        h->of_marie++;
        bool early = str_eq(a->id, STR(EARLY_ID));
        ck_assert_int_eq(a->start, early ? 1441058400 : a->start);
        ck_assert_int_eq(a->end, early ? INT64_MAX : 1893538800);
        ck_assert_str_is(a->structure, early ? "B-EHPAD.SOINS" : "A-MAS");
    }
    return ERR(OK);
}

static err_t on_page(void *ctx)
{
    ((struct heard *)ctx)->pages++;
    return ERR(OK);
}

static void add_people(void)
{
    struct buf b;
    char output[1024];
    buf_init(&b, LDIF_MAX);
    for (int i = 0; i < EXTRA; i++)
        buf_addf(&b,
                 "dn: habilisId=33333333-0000-4000-8000-%012d,%s\nobjectClass: inetOrgPerson\n"
                 "objectClass: posixAccount\nobjectClass: habilisPerson\n"
                 "habilisId: 33333333-0000-4000-8000-%012d\nuid: extra%d\ncn: Extra\nsn: Extra\n"
                 "habilisStatus: suspended\nuidNumber: %d\ngidNumber: 1\nhomeDirectory: /\n\n"
                 "dn: habilisId=44444444-0000-4000-8000-%012d,habilisId=33333333-0000-4000-8000-"
                 "%012d,%s\nobjectClass: habilisAssignment\n"
                 "habilisId: 44444444-0000-4000-8000-%012d\nhabilisProfile: IDE\n"
                 "habilisStructure: A-MAS\nhabilisStart: 20150831220000Z\n\n",
                 i, PEOPLE, i, i, 500000 + i, i, i, PEOPLE, i);
    buf_add_char(&b, '\0');
    ck_assert_ok(buf_err(&b));
    int code = as_habilisd(fix.server, "ldapadd", (const char *const[]){ NULL }, b.ptr, output,
                           sizeof output);
    buf_done(&b);
    ck_assert_msg(code == 0, "%s", output);
}

/* Each once, over several pages, persons first; a function that fails ends it, and the connection
 * that was left in the middle of an answer is not used again. */
START_TEST(everybody_once)
{
    struct heard before = { 0 }, h = { 0 }, stopped = { .stop_after = 3 };
    struct dir_each to = { on_person, on_assignment, on_page, &before };
    ck_assert_ok(directory_each_person(fix.dir, &to));
    ck_assert_int_eq(before.pages, 0);
    ck_assert_int_eq(before.marie, 1);
    ck_assert_int_eq(before.of_marie, 2);
    add_people();
    to.ctx = &h;
    ck_assert_ok(directory_each_person(fix.dir, &to));
    ck_assert_int_eq(h.persons, before.persons + EXTRA);
    ck_assert_int_eq(h.assignments, before.assignments + EXTRA);
    ck_assert_int_eq(h.suspended, before.suspended + EXTRA);
    ck_assert_int_eq(h.pages, 2);
    to.ctx = &stopped;
    ck_assert_err(directory_each_person(fix.dir, &to), CONFLICT);
    ck_assert_int_eq(stopped.persons, 3);
    h = (struct heard){ 0 };
    to.ctx = &h;
    ck_assert_ok(directory_each_person(fix.dir, &to));
    ck_assert_int_eq(h.assignments, before.assignments + EXTRA);
}
END_TEST

/* A directory that is away is told as such. */
START_TEST(nobody_without_a_server)
{
    struct heard h = { 0 };
    struct dir_each to = { on_person, on_assignment, NULL, &h };
    slapd_stop(fix.server);
    ck_assert_err(directory_each_person(fix.dir, &to), DIRECTORY_DOWN);
    ck_assert_int_eq(h.persons, 0);
}
END_TEST

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    TCase *each = fixture_case("each", SERVER_PER_TEST);
    tcase_add_test(each, everybody_once);
    tcase_add_test(each, nobody_without_a_server);
    return RUN_SUITE("directory_each", each);
}
