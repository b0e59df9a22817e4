"""Authlib as Debian packages it, unmodified, completes the code flow against the demonstration.

usage: authlib_client.py DEMO.json

A client library of another language than tests/browser's openid-client, which reads the same RFCs for
itself: discovery, PKCE, client_secret_basic, the ID token's signature and claims, userinfo. The
sign-in pages are walked as a browser without JavaScript walks them, form by form.
"""
import html.parser
import json
import secrets
import sys
import urllib.parse

import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

STEPS_MAX = 20


class Forms(html.parser.HTMLParser):
    """(action, {name: value}) of each form; of several buttons of one name the first counts."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.found.append((attrs["action"], {}))
        elif tag in ("input", "button") and self.found and attrs.get("name"):
            self.found[-1][1].setdefault(attrs["name"], attrs.get("value") or "")


def session(ca_file):
    s = requests.Session()
    s.trust_env, s.verify = False, ca_file
    return s


def sign_in(browser, url, who, redirect_uri):
    """Follows pages and redirects from URL; the address that the browser would call back."""
    answer = browser.get(url, allow_redirects=False)
    for _ in range(STEPS_MAX):
        if answer.is_redirect:
            target = urllib.parse.urljoin(answer.url, answer.headers["location"])
            if target.startswith(redirect_uri):
                return target
            answer = browser.get(target, allow_redirects=False)
            continue
        action, fields = next(f for f in Forms(answer.text).found if f[0] != "/language")
        if "password" in fields:
            fields.update(username=who["username"], password=who["password"])
        answer = browser.post(urllib.parse.urljoin(answer.url, action), data=fields,
                              allow_redirects=False)
    raise AssertionError(f"no way back to the client: {answer.status_code} at {answer.url}")


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        demo = json.load(f)
    ca_file = demo["ca_file"]
    # one factor, one place
    who = next(p for p in demo["people"] if p["username"] == "chloe.lambert")
    registered = next(c for c in demo["clients"] if c["client_id"] == "essai")
    redirect_uri = registered["redirect_uris"][0]
    plain = session(ca_file)
    about = plain.get(demo["issuer"] + "/.well-known/openid-configuration").json()

    client = OAuth2Session(registered["client_id"], registered["client_secret"],
                           scope="openid profile", redirect_uri=redirect_uri,
                           code_challenge_method="S256",
                           token_endpoint_auth_method="client_secret_basic")
    client.trust_env, client.verify = False, ca_file
    nonce, verifier = secrets.token_urlsafe(), secrets.token_urlsafe(48)
    url, state = client.create_authorization_url(about["authorization_endpoint"], nonce=nonce,
                                                 code_verifier=verifier)
    back = sign_in(session(ca_file), url, who, redirect_uri)
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(back).query)["iss"] == [about["issuer"]]
    token = client.fetch_token(about["token_endpoint"], authorization_response=back, state=state,
                               code_verifier=verifier)

    claims = jwt.decode(
        token["id_token"], JsonWebKey.import_key_set(plain.get(about["jwks_uri"]).json()),
        claims_cls=CodeIDToken,
        claims_options={"iss": {"essential": True, "value": about["issuer"]},
                        "aud": {"essential": True, "value": registered["client_id"]}},
        claims_params={"nonce": nonce, "client_id": registered["client_id"],
                       "access_token": token["access_token"]})
    claims.validate()
    assert claims["sub"] == who["sub"], claims
    assert claims["nonce"] == nonce, claims
    told = client.get(about["userinfo_endpoint"]).json()
    assert told["sub"] == who["sub"], told
    print(f"authlib: {told['name']} signed in, acr {claims['acr']}")


main()
