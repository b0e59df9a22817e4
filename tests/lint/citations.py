"""RFC numbers cited by the code and the documents are ones this project implements or leans on."""
import re

from .tree import Finding

# number -> what it is; a number that is not here is a slip until someone adds it with its title
RFCS = {
    1123: "host names", 2045: "MIME bodies", 2046: "MIME types", 2047: "MIME words in headers",
    1321: "MD5", 2104: "HMAC", 2119: "key words", 2307: "posixAccount", 2798: "inetOrgPerson",
    2696: "LDAP paging", 2849: "LDIF", 3062: "password modify", 3279: "ECDSA in X.509",
    3339: "timestamps", 3629: "UTF-8", 3986: "URI", 4122: "UUID (old)", 4180: "CSV", 4226: "HOTP",
    4231: "HMAC vectors", 4291: "IPv6 addresses", 4511: "LDAP protocol", 4512: "LDAP models",
    4513: "LDAP authentication", 4514: "DN text", 4515: "filter text", 4516: "LDAP URL",
    4517: "LDAP syntaxes", 4518: "LDAP string preparation", 4519: "LDAP schema", 4524: "COSINE",
    4527: "read entry controls", 4528: "assertion control", 4530: "entryUUID",
    4533: "content synchronisation", 4647: "language ranges", 4648: "base64 and kin", 5116: "AEAD",
    5280: "X.509", 5321: "SMTP", 5322: "mail", 5480: "EC keys in X.509", 5646: "language tags",
    5789: "PATCH", 5802: "SCRAM", 5805: "LDAP transactions", 5869: "HKDF", 5890: "IDNA",
    5952: "IPv6 text", 6030: "PSKC", 6238: "TOTP", 6265: "cookies", 6585: "429", 6648: "no X-",
    6749: "OAuth 2.0", 6750: "bearer tokens", 6797: "HSTS", 6901: "JSON pointer", 6960: "OCSP",
    6979: "deterministic ECDSA", 7009: "revocation", 7159: "JSON (old)", 7231: "HTTP (old)",
    7493: "I-JSON", 7515: "JWS", 7516: "JWE", 7517: "JWK", 7518: "JWA", 7519: "JWT",
    7521: "assertions", 7523: "JWT client authentication", 7591: "registration",
    7592: "registration management", 7617: "Basic", 7636: "PKCE", 7638: "JWK thumbprint",
    7643: "SCIM schema", 7644: "SCIM protocol", 7662: "introspection",
    7797: "unencoded JWS payload", 7800: "cnf", 8174: "key words", 8176: "amr",
    8252: "native apps", 8259: "JSON", 8288: "Link", 8414: "server metadata", 8446: "TLS 1.3",
    8615: "well-known", 8628: "device grant", 8693: "token exchange", 8705: "mTLS",
    8707: "resource indicators", 8725: "JWT best practice", 9068: "access token profile",
    9101: "JAR", 9106: "Argon2", 9110: "HTTP semantics", 9111: "HTTP caching", 9112: "HTTP/1.1",
    9126: "PAR", 9207: "iss parameter", 9440: "Client-Cert", 9449: "DPoP", 9457: "problem details",
    9470: "step-up", 9562: "UUID", 9700: "OAuth security practice", 9701: "JWT introspection",
}
CITED = re.compile(r"\bRFC[ -]?(\d{3,5})\b")
SLOPPY = re.compile(r"\bRFC ?\d{3,5}[ ,]+(?:§|sec\.|s\.)\s*\d|\brfc\d{3,5} section\b")
KINDS = (".c", ".h", ".md", ".py", ".txt", ".cmake", ".mjs")


def check(files):
    for path, text in files.items():
        if not path.endswith(KINDS) or path.startswith("tests/lint/"):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            for rfc in CITED.findall(line):
                if int(rfc) not in RFCS:
                    yield Finding(path, number, f"RFC {rfc} is not in tests/lint/citations.py")
            if SLOPPY.search(line):
                yield Finding(path, number, "write it as `RFC 7519 section 4.1.4`")


SAMPLES = [
    ("allowed", {"lib/a.h": "/* RFC 7519 section 4.1.4, RFC 6749 */"}, []),
    ("a number nobody implements", {"lib/a.h": "/* RFC 5741 section 4 */"}, ["RFC 5741 is not"]),
    ("a section sign", {"lib/a.h": "/* RFC 7519 §4.1.4 */"}, ["write it as"]),
]
