"""Calls that have a safer name in lib/base, and comparisons that leak time."""
import re

from .tree import Finding, code_lines, is_c

BANNED = {
    "strcpy": "buf or arena", "strcat": "buf", "sprintf": "snprintf or buf_addf",
    "vsprintf": "vsnprintf", "strtok": "str_next", "strncpy": "memcpy with a checked length",
    "strncat": "buf", "gets": "fgets", "atoi": "str_to_i64", "atol": "str_to_i64",
    "alloca": "arena", "system": "posix_spawn without a shell",
    "popen": "posix_spawn without a shell", "rand": "rng", "srand": "rng", "random": "rng",
    "bzero": "wipe", "memset_s": "wipe", "getenv": "secure_getenv, in main only",
    "localtime": "date.h", "gmtime": "date.h", "asctime": "date.h", "ctime": "date.h",
    "setlocale": "nothing: text must not depend on the locale of the process",
    "longjmp": "err_t", "tmpnam": "mkstemp", "mktemp": "mkstemp",
}
CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
CLOCK = re.compile(r"(?<![\w.>])(time\s*\(\s*(NULL|&|0)|clock_gettime\s*\(|gettimeofday\s*\()")
CLOCK_HOME = ("lib/base/clock.c", "plugins/dui-demo/clock.c")  # plugins have no lib/base
SECRET = re.compile(
    r"(?<!\w)(memcmp|strcmp|str_eq)\s*\([^;]*?(?<![a-z])(mac|hmac|digest|secret|password|verifier)"
    r"(?![a-z(])(?!_(type|kind|name|len|policy))", re.IGNORECASE)
# text (%s) inside what looks like a filter, a DN or a tag
PRINTF_BUILT = re.compile(r'(snprintf|buf_addf|arena_printf)\s*\([^;]*'
                          r'"(\(&?\(?\w+=|uid=|cn=|<[a-z]+)[^"]*%[-.*0-9]*s')


# gettext needs a locale to be set, once; tests ask for TMPDIR
HOMES = {"setlocale": "idp/pages/i18n.c", "getenv": "tests/support/"}


def check_line(path, line):
    match = CALL.search(line)
    if match and not path.startswith(HOMES.get(match.group(1), "nowhere")):
        return f"{match.group(1)}() is banned; use {BANNED[match.group(1)]}"
    if CLOCK.search(line) and path not in CLOCK_HOME and not path.startswith("tests/"):
        return "only lib/base/clock.c asks the time; take `now` as an argument"
    match = SECRET.search(line)
    if match and not path.startswith("tests/"):
        return f"{match.group(1)}() on a secret; use ct_equal()"
    return None


def check(files):
    for path, text in files.items():
        if not is_c(path):
            continue
        for number, line in code_lines(text):
            wrong = check_line(path, line)
            if wrong:
                yield Finding(path, number, wrong)
        if path.startswith("tests/"):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if PRINTF_BUILT.search(line):
                yield Finding(path, number, "a filter, DN or tag built by printf; use an encoder")


SAMPLES = [
    ("allowed", {"lib/x/a.c": 'puts("strcpy(a, b)"); /* atoi(x) */ my_system(x); o->random(o);\n'},
     []),
    ("strcpy", {"lib/x/a.c": "    strcpy(a, b);\n"}, ["strcpy() is banned"]),
    ("system", {"idp/ctl/a.c": "    if (system(line))\n"}, ["system() is banned"]),
    ("the clock", {"idp/oidc/a.c": "int64_t now = time(NULL);\n"}, ["asks the time"]),
    ("the clock at home", {"lib/base/clock.c": "int64_t now = time(NULL);\n"}, []),
    ("memcmp of a mac", {"lib/token/a.c": "if (memcmp(mac, want, 32) == 0)\n"}, ["ct_equal"]),
    ("memcmp of a kind", {"lib/token/a.c": "if (str_eq(secret_kind, want))\n"}, []),
    ("a filter by printf", {"idp/directory/a.c": 'snprintf(f, n, "(&(uid=%s))", u);\n'},
     ["an encoder"]),
    ("numbers by printf", {"idp/pages/a.c": 'buf_addf(b, "<svg width=%d>", n);\n'}, []),
    ("a page by printf", {"idp/pages/a.c": 'buf_addf(b, "<p>%s", u);\n'}, ["an encoder"]),
]
