"""No mark of unfinished work, no path or download address of the machine that wrote the file."""
import re

from .tree import Finding

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|not implemented yet", re.IGNORECASE)
MACHINE = re.compile(r"(?<![\w.-])/(work|farm|root|home/\w+)/|(?<![\w.-])/tmp/wt/")
DOWNLOAD = re.compile(r'"resolved": *"https?://')
LONG, LONG_TEST = 500, 900  # lines of one source file; suites are tables
SOURCES = (".c", ".h", ".py", ".mjs", ".sh")


def check(files):
    for path, text in files.items():
        if path.startswith("tests/lint/"):
            continue
        lines = text.split("\n")
        most = LONG_TEST if path.startswith("tests/") else LONG
        if path.endswith(SOURCES) and len(lines) > most and "catalogue/data" not in path:
            yield Finding(path, most, f"{len(lines)} lines; a file of more than {most} is split")
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line) and not path.endswith(".csv"):
                yield Finding(path, number, "a mark of unfinished work; do it or file an issue")
            if MACHINE.search(line):
                yield Finding(path, number, "a path of one machine")
            if DOWNLOAD.search(line):
                yield Finding(path, number, "a download address; omit-lockfile-registry-resolved")


SAMPLES = [
    ("allowed", {"idp/a.c": "/* /etc/habilis/work/ */\n"}, []),
    ("a mark", {"idp/a.c": "/* TODO: check */\n"}, ["unfinished"]),
    ("a home", {"dev": "cd /home/ana/habilis\n"}, ["one machine"]),
    ("a lock file", {"a-lock.json": '"resolved": "https://example.org/x.tgz"'}, ["download"]),
    ("a long file", {"idp/a.c": "\n" * 600}, ["601 lines"]),
]
