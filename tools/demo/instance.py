"""One demonstration in its folder: made at the first start, taken up again at the next ones."""
import json
import os
import subprocess
import urllib.parse

from . import clients, descriptor, people, tls
from .services import Failed, Services, free_port, https_answers, port_answers

ROOT = people.CATALOGUE.parents[2]
SLAPD_INIT = ROOT / "idp/directory/provision/slapd-init"
BASE_DN = "dc=demo,dc=habilis"
BIND_DN = f"cn=habilisd,ou=services,{BASE_DN}"
PORT, APP_PORT = 8443, 9443
SOCKET_PATH_MAX = 100  # bytes; the kernel takes 107


class Instance:
    def __init__(self, folder, build, args, today):
        self.folder, self.build, self.args, self.today = folder, build, args, today
        self.data = folder / "data"
        self.config = folder / "habilisd.conf"
        self.people = people.load_people()
        self.secrets = people.secrets_of(folder / "secrets.json", self.people, clients.NAMES)
        self.ports = self.read("ports.json", {})
        self.done = self.read("done.json", [])

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
        self.once("people", self.give_credentials)
        self.register_clients()
        self.start_idp(services)
        self.start_app(services)
        descriptor.write(self, services)

    def choose_ports(self, services):
        wanted = {"habilisd": self.args.port or self.ports.get("habilisd", PORT),
                  "dui-demo": self.args.app_port or self.ports.get("dui-demo", APP_PORT),
                  "slapd": self.ports.get("slapd", 0)}
        chosen = {}
        for name, port in wanted.items():
            if services.pid(name):
                chosen[name] = self.ports[name]
            else:
                chosen[name] = free_port(port, chosen.values())
        self.ports = chosen
        (self.folder / "ports.json").write_text(json.dumps(chosen))

    def make_directory(self):
        run(["sh", SLAPD_INIT, "--dir", self.folder / "slapd", "--base", BASE_DN,
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
        (self.folder / "idp").mkdir(mode=0o700, exist_ok=True)
        settings = {
            "issuer": self.issuer,
            "organisation": "Direction commune de Loire-Atlantique",
        }
        self.config.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))

    def ctl(self, *words, stdin=None):
        return run([self.program("habilisctl"), "-c", self.config, *words], stdin)

    def give_credentials(self):
        pass

    def register_clients(self):
        pass

    def start_idp(self, services):
        if services.pid("habilisd"):
            return
        services.start("habilisd", [self.program("habilisd"), "-c", self.config])
        services.wait("habilisd", lambda: https_answers(
            self.issuer + "/.well-known/openid-configuration", self.folder / "tls/ca.pem"))

    def start_app(self, services):
        pass


def run(command, stdin=None):
    """Its standard output; what it says goes to the person when it fails."""
    done = subprocess.run([str(word) for word in command], input=stdin, capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{command[0]} {command[-1]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
