"""Which folder may include which library, and which other folder of ours.

Arrows never go up (idp: main -> endpoints -> login -> directory, state, keys, journal -> lib and
engine), endpoints do not call one another, and each foreign library has one home, so that its
conventions stop there.
"""
import re

from .tree import Finding, code_lines, is_c

# header of a foreign library -> the folders that may include it (tests may look at all of them)
LIBRARY_HOMES = {
    r"ldap\.h|lber\.h|ldap_.*\.h": ("idp/directory", "tests/fuzz"),
    r"sqlite3\.h|libpq-fe\.h": ("idp/state",),
    r"microhttpd\.h": ("idp/http", "plugins"),
    r"gnutls/.*": ("idp/http", "plugins"),
    r"openssl/.*": ("lib/crypto", "lib/token", "lib/http", "idp/keys"),
    r"argon2\.h": ("idp/directory",),
    r"liboath/.*": ("idp/login",),
    r"qrencode\.h": ("idp/pages",),
    r"curl/.*": ("lib/http", "idp/mail"),
    r"jansson\.h": ("lib/json", "lib/token", "lib/http", "idp/http", "idp/pages", "idp/registry", "idp/history",
                    "idp/web", "idp/login", "idp/home", "idp/glass", "idp/metrics", "idp/oidc", "idp/authzen",
                    "idp/ctl", "plugins"),
    r"csv\.h|unistr\.h|uninorm\.h|unicase\.h|unictype\.h": ("idp/ctl",),
    r"csv\.h|uni(case|ctype|norm|str)\.h": ("idp/ctl",),
    r"libintl\.h": ("idp/pages",),
    r"yaml\.h": ("policies/catalogue",),
    r"check\.h": (),
}

# folder -> the folders of ours it may include; its own is always allowed
BELOW_LOGIN = ("lib", "policies/engine", "idp/config", "idp/http", "idp/directory", "idp/state",
               "idp/keys", "idp/journal", "idp/emergency", "idp/pages", "idp/registry", "idp/people",
               "idp/web")
BELOW_ENDPOINTS = (*BELOW_LOGIN, "idp/login")
MAY_INCLUDE = {
    "lib/base": (),
    "lib": ("lib",),
    "policies/engine": ("lib/base",),
    "policies/catalogue": ("lib/base", "policies/engine"),
    "policies/cases": ("lib/base", "policies/engine", "policies/catalogue"),
    "idp/config": ("lib",),
    "idp/http": ("lib", "idp/config"),
    "idp/directory": ("lib", "policies/engine"),
    "idp/state": ("lib",),
    "idp/keys": ("lib", "idp/state"),
    "idp/journal": ("lib", "idp/state"),
    "idp/emergency": ("lib", "policies/engine", "idp/state", "idp/journal"),
    "idp/mail": ("lib", "idp/config", "idp/state"),
    "idp/pages": ("lib", "idp/http"),
    "idp/registry": ("lib", "policies/engine", "idp/directory"),
    "idp/history": ("lib", "policies/engine", "idp/directory", "idp/state", "idp/journal", "idp/registry"),
    "idp/people": ("lib", "policies/engine", "idp/directory", "idp/registry"),
    "idp/web": tuple(f for f in BELOW_LOGIN if f != "idp/web"),
    "idp/login": BELOW_LOGIN,
    "idp/home": BELOW_ENDPOINTS,
    "idp/metrics": BELOW_ENDPOINTS,
    "idp/oidc": BELOW_ENDPOINTS,
    "idp/glass": (*BELOW_ENDPOINTS, "idp/mail"),
    "idp/home": BELOW_ENDPOINTS,
    "idp/metrics": (*BELOW_ENDPOINTS, "idp/history"),
    "idp/authzen": BELOW_ENDPOINTS,
    "idp/scim": BELOW_ENDPOINTS,
    "idp/ctl": ("lib", "policies/engine", "policies/catalogue", "policies/cases", "idp/config",
                "idp/directory", "idp/state", "idp/keys", "idp/journal", "idp/registry",
                "idp/history", "idp/login"),
    "idp": ("lib", "policies/engine", "idp"),
    "plugins": ("lib/include",),  # what is installed, and nothing else of ours
    "tests": ("lib", "policies", "idp", "plugins", "tests"),
}
# what the service is made of, passed to every handler: for those that are handlers
SERVICE = "idp/service.h"
SEES_SERVICE = ("idp/web", "idp/login", "idp/home", "idp/metrics", "idp/oidc", "idp/authzen", "idp/scim")
ROOTS = ("lib", "policies", "idp", "tests")
INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')


def inside(folder, parent):
    return folder == parent or folder.startswith(parent + "/")


def rule_of(folder):
    """The most specific folder of MAY_INCLUDE that holds this one, or None."""
    held = [f for f in MAY_INCLUDE if inside(folder, f)]
    # "idp" itself is main.c and service.h; a folder of idp without a row has no rule yet
    held = [f for f in held if f != "idp" or folder == "idp"]
    return max(held, key=len) if held else None


def target_folder(name, folder, files):
    """The folder that holds the included header of ours, or None when it is not in the tree."""
    for root in (folder, *ROOTS, "lib/include"):
        if f"{root}/{name}" in files:
            return f"{root}/{name}".rpartition("/")[0]
    return None


def check_include(folder, quote, name, files):
    if quote == "<" and not inside(folder, "tests"):
        for pattern, homes in LIBRARY_HOMES.items():
            if re.fullmatch(pattern, name) and not any(inside(folder, h) for h in homes):
                return f"<{name}> belongs to {', '.join(homes) or 'tests'} only"
    if quote == "<":
        return None
    target, rule = target_folder(name, folder, files), rule_of(folder)
    if rule is None:
        return f"{folder} has no row in tests/lint/layers.py"
    if target is None:
        return None  # generated; a wrong name fails to compile
    if inside(target, rule) or (f"{target}/{name}" == SERVICE and rule in SEES_SERVICE):
        return None
    if not any(inside(target, f) for f in MAY_INCLUDE[rule]):
        return f"{folder} may not include {target} (\"{name}\")"
    return None


def check(files):
    for path, text in files.items():
        if not is_c(path):
            continue
        folder = path.rpartition("/")[0]
        for number, line in code_lines(text):
            match = INCLUDE.match(line)
            wrong = match and check_include(folder, *match.groups(), files)
            if wrong:
                yield Finding(path, number, wrong)


_HEADERS = {"lib/base/str.h": "", "idp/directory/directory.h": "", "idp/oidc/token.h": "",
            "idp/scim/user.h": "", "lib/token/jwt.h": ""}
SAMPLES = [
    ("allowed", {**_HEADERS, "idp/oidc/token.c": '#include "directory/directory.h"\n'
                 '#include "oidc/token.h"\n#include <jansson.h>\n'}, []),
    ("ldap.h outside the directory", {"idp/login/password.c": "#include <ldap.h>\n"}, ["<ldap.h>"]),
    ("lib includes idp", {**_HEADERS, "lib/token/jwt.c": '#include "directory/directory.h"\n'},
     ["lib/token may not include idp/directory"]),
    ("base includes token", {**_HEADERS, "lib/base/str.c": '#include "token/jwt.h"\n'},
     ["lib/base may not include lib/token"]),
    ("engine includes token", {**_HEADERS, "policies/engine/e.c": '#include "token/jwt.h"\n'},
     ["policies/engine may not include lib/token"]),
    ("an endpoint includes another", {**_HEADERS, "idp/scim/s.c": '#include "oidc/token.h"\n'},
     ["idp/scim may not include idp/oidc"]),
    ("an arrow upwards", {**_HEADERS, "idp/state/s.c": '#include "directory/directory.h"\n'},
     ["idp/state may not include"]),
    ("a plugin includes idp", {**_HEADERS, "plugins/dui/d.c": '#include "oidc/token.h"\n'},
     ["plugins/dui may not include idp/oidc"]),
    ("a folder nobody thought about", {**_HEADERS, "idp/new/n.c": '#include "base/str.h"\n'},
     ["idp/new has no row"]),
    ("the service from below", {**_HEADERS, "idp/service.h": "", "idp/state/s.c":
                                '#include "service.h"\n'}, ["idp/state may not include idp"]),
    ("the service from a handler", {**_HEADERS, "idp/service.h": "", "idp/web/s.c":
                                    '#include "service.h"\n'}, []),
    ("commented out", {"idp/login/p.c": "/*\n#include <ldap.h>\n*/\n"}, []),
]
