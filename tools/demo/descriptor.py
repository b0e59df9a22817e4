"""demo.json, which lets any outside tool drive the demonstration (docs/design.md section 9)."""
import json

from . import clients, people


def person(instance, key):
    account, secret = instance.accounts[key], instance.secrets["people"][key]
    return {"username": account["login"], "sub": account["id"], "password": secret["password"],
            "totp_secret": secret["totp_secret"] if instance.people[key]["enrolled"] else None,
            "why": instance.people[key]["why"],
            "assignments": people.assignments_of(key, instance.data)}


def client(instance, name, description):
    return {"name": description["client_name"], "client_id": name,
            "client_secret": instance.secrets["clients"][name],
            **{member: description.get(member, []) for member in (
                "token_endpoint_auth_method", "redirect_uris", "grant_types",
                "post_logout_redirect_uris")}}


def describe(instance, services):
    admin = person(instance, "admin")
    return {
        "issuer": instance.issuer,
        "ca_file": str(instance.folder / "tls/ca.pem"),
        "admin": {member: admin[member] for member in ("username", "password", "totp_secret")},
        "data": str(instance.data),
        "people": [person(instance, key) for key in instance.people],
        "clients": [client(instance, name, description)
                    for name, (_, description) in clients.metadata(instance).items()],
        "mail": str(instance.folder / "mail"),
        "apps": {"dui": instance.app + "/"},
        "authzen": {"client_id": "authzen",
                    "client_secret": instance.secrets["clients"]["authzen"]},
        "ldap": {"uri": instance.ldap, "base_dn": instance.base_dn, "bind_dn": instance.bind_dn,
                 "password": instance.ldap_password()},
        "pids": {name: services.pid(name) for name in services.running()},
    }


def write(instance, services):
    path = instance.folder / "demo.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(describe(instance, services), indent=1, ensure_ascii=False) + "\n")
