"""The demonstration's mail server: takes every mail and keeps it as a file, sends nothing on.

    python3 tools/demo/mailbox.py PORT FOLDER

Speaks as much of SMTP (RFC 5321) as a client needs, on loopback only. A mail is FOLDER/NNNN.eml, whole
as soon as it is there; the envelope comes first, as X-Envelope-From and X-Envelope-To.
"""
import os
import socketserver
import sys
import threading
from pathlib import Path

LINE_MAX, MAIL_MAX = 1000, 1024 * 1024  # bytes


class Session(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, text):
        self.wfile.write(text.encode("ascii") + b"\r\n")

    def handle(self):
        self.sender, self.recipients = None, []
        self.say("220 localhost the demonstration's mailbox")
        while line := self.rfile.readline(LINE_MAX):
            words = line.decode("utf-8", "replace").strip()
            verb = words.split(" ", 1)[0].upper()
            if verb == "QUIT":
                self.say("221 bye")
                return
            self.answer(verb, words)

    def answer(self, verb, words):
        if verb in ("HELO", "EHLO"):
            self.say("250 localhost")
        elif verb == "MAIL":
            self.sender, self.recipients = words.partition(":")[2], []
            self.say("250 ok")
        elif verb == "RCPT" and self.sender is not None:
            self.recipients.append(words.partition(":")[2])
            self.say("250 ok")
        elif verb == "DATA" and self.recipients:
            self.take()
        elif verb in ("RSET", "NOOP"):
            self.say("250 ok")
        else:
            self.say("503 not now")

    def take(self):
        self.say("354 go on")
        lines, size = [], 0
        while (line := self.rfile.readline(LINE_MAX)) != b".\r\n":
            size += len(line)
            if not line or size > MAIL_MAX:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.keep(self.sender, self.recipients, b"".join(lines))
        self.say("250 taken")


class Mailbox(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port, folder):
        super().__init__(("127.0.0.1", port), Session)
        self.folder, self.lock = folder, threading.Lock()

    def keep(self, sender, recipients, text):
        envelope = "".join(f"X-Envelope-{name}: {value.strip()}\r\n" for name, value in
                           [("From", sender), *(("To", one) for one in recipients)])
        with self.lock:
            number = 1 + max((int(path.stem) for path in self.folder.glob("[0-9]*.eml")), default=0)
            half = self.folder / f"{number:04}.part"
            half.write_bytes(envelope.encode("utf-8", "replace") + text)
            os.replace(half, self.folder / f"{number:04}.eml")


def main():
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    with Mailbox(int(sys.argv[1]), folder) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
