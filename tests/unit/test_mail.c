/* idp/mail: what goes into a message, and that nothing else can. */
#include "base/enc.h"
#include "mail/message.h"
#include "support/suite.h"

#include <string.h>

#define ID  "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
#define NOW INT64_C(1795535700) /* Tue, 24 Nov 2026 15:55:00 UTC */

/* ---- addresses ---- */

static char long_local[80], long_host[300];

static const struct {
    const char *name, *address;
    bool sound;
} addresses[] = {
    { "plain", "dpo@example.org", true },
    { "dots, plus, digits", "anne.le-goff+dpo@sih-44.example.org", true },
    { "one label", "root@localhost", true },
    { "an apostrophe", "d'arc@example.org", true },
    { "empty", "", false },
    { "no at", "example.org", false },
    { "no local part", "@example.org", false },
    { "no host", "anne@", false },
    { "two ats", "a@b@example.org", false },
    { "a line end", "anne@example.org\r\nBcc: x@example.org", false },
    { "a line feed before", "\nanne@example.org", false },
    { "a tab", "anne\t@example.org", false },
    { "a space", "anne @example.org", false },
    { "brackets", "<anne@example.org>", false },
    { "two of them", "anne@example.org,zoe@example.org", false },
    { "a comment", "anne(x)@example.org", false },
    { "a quoted local part", "\"anne\"@example.org", false },
    { "an address literal", "anne@[127.0.0.1]", false },
    { "not ASCII", "ann\u00e9@example.org", false },
    { "dot first", ".anne@example.org", false },
    { "dot last", "anne.@example.org", false },
    { "two dots", "anne..b@example.org", false },
    { "host: dot last", "anne@example.org.", false },
    { "host: two dots", "anne@example..org", false },
    { "host: a hyphen first", "anne@-example.org", false },
    { "host: underscore", "anne@exa_mple.org", false },
    { "an option", "-oQ/tmp@example.org", true }, /* an atom; no shell ever sees it */
    { "local part too long", long_local, false },
    { "too long", long_host, false },
};

START_TEST(address_table)
{
    memset(long_local, 'a', 65);
    memcpy(long_local + 65, "@b.c", 5);
    memset(long_host, 'a', 2);
    long_host[1] = '@';
    for (size_t i = 2; i < 260; i++)
        long_host[i] = i % 2 == 0 ? 'b' : '.';
    long_host[260] = 'b';
    ck_assert_msg(mail_address_is_sound(str_of(addresses[_i].address)) == addresses[_i].sound, "%s",
                  addresses[_i].name);
}
END_TEST

/* ---- messages ---- */

static struct mail_message message(void)
{
    return (struct mail_message){ .id = STR(ID),
                                  .from_name = STR("Direction commune de Loire-Atlantique"),
                                  .from = STR("habilis@example.org"),
                                  .to = STR("dpo@example.org"),
                                  .subject = STR("Accès d’urgence"),
                                  .body = STR("Bonjour,\n.\nFin\n"),
                                  .date = NOW };
}

static struct buf out;
static void setup(void) { buf_init(&out, MAIL_MESSAGE_MAX); }
static void teardown(void) { buf_done(&out); }

/* Byte for byte (the base64 by coreutils). */
START_TEST(whole_message)
{
    struct mail_message m = message();
    ck_assert_ok(mail_write(&m, &out));
    ck_assert_str_is(buf_str(&out),
                     "Date: Tue, 24 Nov 2026 15:55:00 +0000\r\n"
                     "From: =?UTF-8?B?RGlyZWN0aW9uIGNvbW11bmUgZGUgTG9pcmUtQXRsYW50aXF1ZQ==?=\r\n "
                     "<habilis@example.org>\r\n"
                     "To: <dpo@example.org>\r\n"
                     "Message-ID: <" ID "@example.org>\r\n"
                     "Subject: =?UTF-8?B?QWNjw6hzIGTigJl1cmdlbmNl?=\r\n"
                     "Auto-Submitted: auto-generated\r\n"
                     "MIME-Version: 1.0\r\n"
                     "Content-Type: text/plain; charset=utf-8\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\n"
                     "Qm9uam91ciwNCi4NCkZpbg0K\r\n");
}
END_TEST

/* Nothing that is not sound becomes a header. */
static const struct {
    const char *name, *id, *from_name, *from, *to, *subject, *body;
    enum err_code want;
} bad[] = {
    { "sound", ID, "n", "a@b.c", "d@e.f", "s", "b", ERR_OK },
    { "no name", ID, "", "a@b.c", "d@e.f", "s", "b", ERR_OK },
    { "line end in the subject", ID, "n", "a@b.c", "d@e.f", "s\r\nBcc: x@y.z", "b", ERR_MALFORMED },
    { "line feed in the subject", ID, "n", "a@b.c", "d@e.f", "s\n", "b", ERR_MALFORMED },
    { "line end in the name", ID, "n\r\nBcc: x@y.z", "a@b.c", "d@e.f", "s", "b", ERR_MALFORMED },
    { "line end in the address", ID, "n", "a@b.c", "d@e.f\r\nBcc: x@y.z", "s", "b", ERR_MALFORMED },
    { "line end in the sender", ID, "n", "a@b.c\r\n", "d@e.f", "s", "b", ERR_MALFORMED },
    { "line end in the id", "1b4e28ba-2fa1-41d2-883f-0016d3cca4\r\n", "n", "a@b.c", "d@e.f", "s",
      "b", ERR_MALFORMED },
    { "subject not UTF-8", ID, "n", "a@b.c", "d@e.f", "\xFF", "b", ERR_MALFORMED },
    { "body not UTF-8", ID, "n", "a@b.c", "d@e.f", "s", "\xFF", ERR_MALFORMED },
    { "no subject", ID, "n", "a@b.c", "d@e.f", "", "b", ERR_MALFORMED },
    { "no body", ID, "n", "a@b.c", "d@e.f", "s", "", ERR_MALFORMED },
};

START_TEST(message_table)
{
    struct mail_message m = { str_of(bad[_i].id),
                              str_of(bad[_i].from_name),
                              str_of(bad[_i].from),
                              str_of(bad[_i].to),
                              str_of(bad[_i].subject),
                              str_of(bad[_i].body),
                              NOW };
    err_t e = mail_write(&m, &out);
    ck_assert_msg(e.code == bad[_i].want, "%s: %s", bad[_i].name, err_name(e));
    ck_assert_msg(err_ok(e) || strstr(out.ptr == NULL ? "" : out.ptr, "Bcc") == NULL, "%s",
                  bad[_i].name);
}
END_TEST

/* Long texts of wide characters: every line is at most 76 characters (RFC 2047 section 2), no encoded
 * word ends inside a character, no line is a lone dot. */
START_TEST(long_subject)
{
    struct mail_message m = message();
    struct str line, rest, word;
    char subject[MAIL_SUBJECT_MAX + 1] = "";
    for (size_t i = 0; i + 3 <= MAIL_SUBJECT_MAX; i += 3)
        memcpy(subject + i, i % 2 == 0 ? "\u2019" : "a\u00e9", 3);
    m.subject = str_of(subject);
    m.body = m.subject;
    ck_assert_ok(mail_write(&m, &out));
    rest = buf_str(&out);
    while (str_next(&rest, '\n', &line)) {
        char bytes[80];
        size_t len = 0;
        line = str_trim(line);
        ck_assert_uint_le(line.len, 76);
        if (!str_cut(&line, '?', &word) || !str_ends(word, STR("=")))
            continue;
        ck_assert(str_starts(line, STR("UTF-8?B?")) && str_ends(line, STR("?=")));
        word = str_from(line.ptr + 8, line.len - 10);
        ck_assert_ok(base64_decode(word, bytes, sizeof bytes, &len));
        ck_assert(str_is_utf8(str_from(bytes, len)));
    }
}
END_TEST

int main(void)
{
    TCase *address = tcase_create("address"), *text = tcase_create("message");
    tcase_add_checked_fixture(text, setup, teardown);
    tcase_add_loop_test(address, address_table, 0, COUNT(addresses));
    tcase_add_test(text, whole_message);
    tcase_add_loop_test(text, message_table, 0, COUNT(bad));
    tcase_add_test(text, long_subject);
    return RUN_SUITE("mail", address, text);
}
