"""The applications of the demonstration, described as RFC 7591 section 2 does."""
import json

NAMES = ("dui", "essai", "bench", "authzen")


def metadata(instance):
    """{client id: (application, metadata)}; redirect URIs follow the ports in use."""
    return {
        "dui": ("DUI", {
            "client_name": "Resident record", "client_name#fr": "Dossier de l'usager",
            "client_uri": instance.app + "/", "emergency_uri": instance.app + "/urgence",
            "redirect_uris": [instance.app + "/callback"],
            "post_logout_redirect_uris": [instance.app + "/"],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "client_credentials"],
            "response_types": ["code"], "scope": "openid profile authzen",
            "habilis_authzen": {"trusted": ["structure", "owner"]}}),
        # for OpenID Connect libraries that someone wants to try; nothing listens there
        "essai": ("DUI", {
            "client_name": "OpenID Connect trial", "client_name#fr": "Essai OpenID Connect",
            "redirect_uris": ["https://localhost/essai/callback",
                              "http://127.0.0.1:8765/callback"],
            "post_logout_redirect_uris": ["https://localhost/essai/"],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code"], "response_types": ["code"],
            "scope": "openid profile email"}),
        "bench": ("DUI", {
            "client_name": "Benchmark", "redirect_uris": ["https://localhost/bench/callback"],
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "client_credentials"],
            "response_types": ["code"], "scope": "openid profile"}),
        # asks about everything; trusted to say whatever a test has to say
        "authzen": ("certification", {
            "client_name": "Decisions", "client_name#fr": "Décisions",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["client_credentials"], "response_types": [], "scope": "authzen",
            "habilis_authzen": {
                "applications": ["*"], "at": True, "explain": True,
                "trusted": ["acr", "amr", "structure", "owner", "presence_physique", "supervise",
                            "subject.role", "action.soft", "resource.status"]}}),
    }


def register(instance):
    """Adds each application, or replaces its description when that has changed (a port, say)."""
    registered = instance.read("clients.json", {})
    for name, (application, description) in metadata(instance).items():
        if registered.get(name) == description:
            continue
        path = instance.folder / f"client-{name}.json"
        path.write_text(json.dumps(description, indent=1, ensure_ascii=False))
        instance.ctl("app", "add", name, application, path, "-",
                     stdin=instance.secrets["clients"][name] + "\n")
        path.unlink()
        registered[name] = description
        (instance.folder / "clients.json").write_text(json.dumps(registered))
