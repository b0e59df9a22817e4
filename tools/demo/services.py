"""The processes of a demonstration: started in order, waited for, stopped in reverse.

Each runs in its own session with its output in log/NAME.log; pids.json remembers them, so that a
later call can find and stop what an earlier one left running.
"""
import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

READY_WITHIN = 15.0  # seconds
STOP_WITHIN = 10.0


class Failed(Exception):
    """Said to the person as it is."""


def free_port(wanted, taken=()):
    """WANTED, or the next free port of loopback; 0 takes any."""
    for port in range(wanted, wanted + 200) if wanted else (0,):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
            if s.getsockname()[1] not in taken:
                return s.getsockname()[1]
    raise Failed(f"no free port from {wanted} on")


def started_at(pid):
    """When the process began, in clock ticks since boot; None when there is none, or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
            words = f.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] == "Z" else words[19]


class Services:
    def __init__(self, folder):
        self.folder = folder
        self.path = folder / "pids.json"
        self.children = {}  # name -> Popen, of this run
        self.known = json.loads(self.path.read_text()) if self.path.exists() else {}

    def pid(self, name):
        """The pid of a running service, else None; a number taken over by another process is
        recognised by the time it began."""
        entry = self.known.get(name)
        child = self.children.get(name)
        if child is not None and child.poll() is not None:
            return None
        if entry is None or started_at(entry["pid"]) != entry["began"]:
            return None
        return entry["pid"]

    def running(self):
        return [name for name in self.known if self.pid(name)]

    def start(self, name, command):
        log = self.folder / "log" / f"{name}.log"
        log.parent.mkdir(exist_ok=True)
        with open(log, "ab") as out:
            child = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                     stdout=out, stderr=out, start_new_session=True, cwd="/")
        self.children[name] = child
        self.known[name] = {"pid": child.pid, "began": started_at(child.pid)}
        self.path.write_text(json.dumps(self.known))

    def wait(self, name, ready):
        """Until READY() is true; the end of the log explains a service that ended instead."""
        deadline = time.monotonic() + READY_WITHIN
        while not ready():
            if self.pid(name) is None or time.monotonic() > deadline:
                why = "ended" if self.pid(name) is None else f"not ready in {READY_WITHIN:.0f} s"
                raise Failed(f"{name} {why}; the end of its log:\n{self.tail(name)}")
            time.sleep(0.02)

    def tail(self, name, lines=12):
        text = (self.folder / "log" / f"{name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def ended(self):
        """The children of this run that have ended by themselves."""
        return [name for name, child in self.children.items() if child.poll() is not None]

    def forget(self, name):
        self.children.pop(name, None)
        self.known.pop(name, None)
        self.path.write_text(json.dumps(self.known))

    def stop(self, name):
        pid = self.pid(name)
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGCONT)  # it may have been frozen to try what happens
        deadline = time.monotonic() + STOP_WITHIN
        while self.pid(name) is not None and time.monotonic() < deadline:
            time.sleep(0.02)
        if self.pid(name) is not None:
            os.kill(pid, signal.SIGKILL)
        if name in self.children:
            self.children[name].wait()

    def stop_all(self):
        for name in reversed(list(self.known)):
            self.stop(name)
            self.forget(name)


def port_answers(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def https_answers(url, ca_file):
    """True once URL gives 200, its certificate checked."""
    context = ssl.create_default_context(cafile=ca_file)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                         urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=2) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False
