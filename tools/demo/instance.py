"""One demonstration in its folder: made at the first start, taken up again at the next ones."""
import json
import os
import subprocess
import sys
import urllib.parse
from pathlib import Path

from . import clients, descriptor, people, tls
from .services import Failed, free_port, https_answers, port_answers

ROOT = people.CATALOGUE.parents[2]
SLAPD_INIT = ROOT / "idp/directory/provision/slapd-init"
PORT, APP_PORT = 8443, 9443
SERVICES = {"slapd", "mailbox", "habilisd", "dui-demo"}
SOCKET_PATH_MAX = 100  # bytes; the kernel takes 107


class Instance:
    base_dn = "dc=demo,dc=habilis"
    bind_dn = f"cn=habilisd,ou=services,{base_dn}"

    def __init__(self, folder, build, args, today):
        self.folder, self.build, self.args, self.today = folder, build, args, today
        self.data = folder / "data"
        self.config = folder / "habilisd.conf"
        self.people = people.load_people()
        self.secrets = people.secrets_of(folder / "secrets.json", self.people, clients.NAMES)
        self.ports = self.read("ports.json", {})
        self.done = self.read("done.json", [])
        self.accounts = {}

    # ---- small state ----

    def read(self, name, otherwise):
        path = self.folder / name
        return json.loads(path.read_text()) if path.exists() else otherwise

    def once(self, step, work):
        """Runs WORK unless an earlier start of this folder finished it."""
        if step not in self.done:
            work()
            self.done.append(step)
            (self.folder / "done.json").write_text(json.dumps(self.done))

    def program(self, name):
        found = self.build / {"habilisd": "idp", "habilisctl": "idp/ctl",
                              "dui-demo": "plugins/dui-demo"}[name] / name
        if not found.exists():
            raise Failed(f"{found} is not built; ./dev build {self.build.name}")
        return found

    @property
    def issuer(self):
        return f"https://localhost:{self.ports['habilisd']}"

    @property
    def app(self):
        return f"https://localhost:{self.ports['dui-demo']}"

    @property
    def ldapi(self):
        return "ldapi://" + urllib.parse.quote(str(self.folder / "slapd/ldapi"), safe="")

    @property
    def ldap(self):
        return f"ldap://127.0.0.1:{self.ports['slapd']}"

    def uris(self):
        """A path too long for a UNIX socket leaves the loopback port alone."""
        long = len(str(self.folder / "slapd/ldapi").encode()) > SOCKET_PATH_MAX
        return [self.ldap] if long else [self.ldapi, self.ldap]

    # ---- the steps ----

    def up(self, services):
        self.choose_ports(services)
        tls.ensure(self.folder / "tls")
        self.once("data", lambda: people.write_data(self.data, self.args.people, self.today))
        self.once("slapd", self.make_directory)
        self.start_directory(services)
        self.write_config()
        self.once("load", lambda: self.ctl("load", self.data))
        self.once("rules", lambda: self.ctl("policy", "apply", ROOT / "policies/catalogue"))
        self.once("certification", lambda: self.add_entries("certification.ldif", "-a"))
        self.once("people", self.give_credentials)
        self.accounts = {key: self.find_account(key) for key in self.people}
        clients.register(self)
        self.start_mailbox(services)
        self.start_idp(services)
        self.start_app(services)
        descriptor.write(self, services)

    def choose_ports(self, services):
        wanted = {"habilisd": self.args.port or self.ports.get("habilisd", PORT),
                  "dui-demo": self.args.app_port or self.ports.get("dui-demo", APP_PORT),
                  "slapd": self.ports.get("slapd", 0),
                  "mailbox": self.ports.get("mailbox", 0)}
        chosen = {}
        for name, port in wanted.items():
            if services.pid(name):
                chosen[name] = self.ports[name]
            else:
                chosen[name] = free_port(port, chosen.values())
                if port not in (0, chosen[name]):
                    print(f"Port {port} is taken; {name} gets {chosen[name]}.")
        self.ports = chosen
        (self.folder / "ports.json").write_text(json.dumps(chosen))

    def make_directory(self):
        run(["sh", SLAPD_INIT, "--dir", self.folder / "slapd", "--base", self.base_dn,
             "--secrets", self.folder / "slapd-secrets"])

    def start_directory(self, services):
        if services.pid("slapd"):
            return
        listen = [uri + "/????x-mod=0700" if uri.startswith("ldapi") else uri
                  for uri in self.uris()]
        services.start("slapd", ["/usr/sbin/slapd", "-d", "0", "-F", self.folder / "slapd/config",
                                 "-h", " ".join(listen)])
        services.wait("slapd", lambda: port_answers(self.ports["slapd"]))

    def write_config(self):
        (self.folder / "keys").mkdir(mode=0o700, exist_ok=True)
        settings = {
            "issuer": self.issuer,
            "organisation": "Direction commune de Loire-Atlantique",
            "locale_dir": self.build / "locale",
            "listen.address": "127.0.0.1",
            "listen.port": self.ports["habilisd"],
            "tls.certificate": self.folder / "tls/server.pem",
            "tls.key": self.folder / "tls/server.key",
            "ldap.uris": " ".join(self.uris()),
            "ldap.base": self.base_dn,
            "ldap.bind_dn": self.bind_dn,
            "ldap.password_file": self.folder / "slapd-secrets/habilisd.password",
            "state.database": self.folder / "state.db",
            "keys.dir": self.folder / "keys",
            "charter.version": "2026-01",
            "mail.smtp_url": f"smtp://127.0.0.1:{self.ports['mailbox']}",
            "mail.from": "habilis@demonstration.example",
            # one loopback address is everybody here
            "throttle.window": "60s",
            "throttle.network": "300",
            "throttle.sign_ins": os.environ.get("HABILIS_DEMO_SIGN_INS", "100000"),
        }
        self.config.write_text("# written by ./dev demo at each start\n" +
                               "".join(f"{key} = {value}\n" for key, value in settings.items()))

    def ldap_password(self):
        return (self.folder / "slapd-secrets/habilisd.password").read_text().strip()

    def ctl(self, *words, stdin=None):
        return run([self.program("habilisctl"), "-c", self.config, *words], stdin)

    def find_account(self, key):
        """Login and id that loading gave to one of our people, asked of the directory."""
        found = run(["ldapsearch", "-LLL", "-x", "-o", "ldif-wrap=no", "-H", self.ldap,
                     "-D", self.bind_dn, "-y", self.folder / "slapd-secrets/habilisd.password",
                     "-b", f"ou=people,{self.base_dn}", f"(mail={people.mail_of(key)})",
                     "uid", "habilisId"])
        values = dict(line.split(": ", 1) for line in found.splitlines() if ": " in line)
        if not {"uid", "habilisId"} <= values.keys():
            raise Failed(f"{people.mail_of(key)} is not in the directory after loading")
        return {"login": values["uid"], "id": values["habilisId"]}

    def add_entries(self, name, *options):
        """What loading takes no file for."""
        template = (Path(__file__).parent / name).read_text(encoding="utf-8")
        run(["ldapmodify", *options, "-x", "-H", self.ldap, "-D", self.bind_dn,
             "-y", self.folder / "slapd-secrets/habilisd.password"],
            template.replace("@BASE@", self.base_dn))

    def start_mailbox(self, services):
        if services.pid("mailbox"):
            return
        services.start("mailbox", [sys.executable, Path(__file__).parent / "mailbox.py",
                                   self.ports["mailbox"], self.folder / "mail"])
        services.wait("mailbox", lambda: port_answers(self.ports["mailbox"]))

    def give_credentials(self):
        for key, person in self.people.items():
            login, secret = self.find_account(key)["login"], self.secrets["people"][key]
            self.ctl("person", "set-password", login, "-", stdin=secret["password"] + "\n")
            if person["enrolled"]:
                self.ctl("person", "totp", login, "-", stdin=secret["totp_secret"] + "\n")

    def start_idp(self, services):
        if services.pid("habilisd"):
            return
        services.start("habilisd", [self.program("habilisd"), "-c", self.config])
        services.wait("habilisd", lambda: https_answers(
            self.issuer + "/.well-known/openid-configuration", self.folder / "tls/ca.pem"))

    def start_app(self, services):
        if services.pid("dui-demo"):
            return
        secret = self.folder / "client-dui.secret"
        secret.touch(mode=0o600)
        secret.write_text(self.secrets["clients"]["dui"] + "\n")
        services.start("dui-demo", [
            self.program("dui-demo"), "--issuer", self.issuer, "--base-url", self.app,
            "--ca-file", self.folder / "tls/ca.pem", "--client-id", "dui",
            "--client-secret-file", secret, "--listen", self.ports["dui-demo"],
            "--tls-cert", self.folder / "tls/server.pem",
            "--tls-key", self.folder / "tls/server.key",
            "--data", ROOT / "plugins/dui-demo/residents.json"])
        services.wait("dui-demo", lambda: https_answers(self.app + "/style.css",
                                                        self.folder / "tls/ca.pem"))

    def tell(self, detached):
        """What a person needs to start trying."""
        print(f"\n  Sign-in and my applications  {self.issuer}/")
        print(f"  Resident record (DUI)        {self.app}/")
        print(f"  Mail that the service sent   {self.folder / 'mail'}/")
        print(f"  Certificate authority        {self.folder / 'tls/ca.pem'}\n")
        for key, person in self.people.items():
            secret = self.secrets["people"][key]
            codes = f"  TOTP {secret['totp_secret']}" if person["enrolled"] else ""
            print(f"  {self.accounts[key]['login']:<18} {secret['password']}{codes}")
            print(f"      {person['why']}")
        print(f"\n  A code now: oathtool --totp -b SECRET, or any authenticator application.\n"
              f"  For scripts: {self.folder / 'demo.json'}")
        print("  ./dev demo --stop stops it." if detached else "  Ctrl-C stops all of it.",
              flush=True)


def run(command, stdin=None):
    """Its standard output; what it says goes to the person when it fails."""
    done = subprocess.run([str(word) for word in command], input=stdin, capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{command[0]} {command[-1]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
