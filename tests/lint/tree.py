"""What every lint is given: the tracked text files, and C without its comments and strings."""
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
NOT_TEXT = (".png", ".svg", ".mo", ".p12", ".der")
NO_LINT = ("tests/fuzz/corpus/", "tests/lint/")  # bytes of any kind; the lints' own bad samples


class Finding(NamedTuple):
    path: str
    line: int
    text: str


def tracked_files():
    """{path: text} of what git tracks; a file that is not UTF-8 is left to the eyes."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    files = {}
    for name in names.stdout.decode().split("\0"):
        if name.startswith("tests/fuzz/corpus/"):
            files[name] = ""  # only that it is there matters
        elif name and not name.endswith(NOT_TEXT) and (ROOT / name).is_file():
            try:
                files[name] = (ROOT / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return files


_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


def _blank(match):
    text = match.group()
    if text[0] == '"':
        return '""'
    if text[0] == "'":
        return "' '"
    return "\n" * text.count("\n")


def code_lines(text):
    """(number, line) of C source whose comments are gone and whose strings are empty; include
    lines keep their names."""
    kept = "\n".join(line if not re.match(r"\s*#\s*include", line) else
                     line.replace('"', "\x01").replace("//", "\x02") for line in text.split("\n"))
    for number, line in enumerate(_TOKEN.sub(_blank, kept).split("\n"), 1):
        yield number, line.replace("\x01", '"').replace("\x02", "//")


def is_c(path):
    return path.endswith((".c", ".h")) and not path.startswith(NO_LINT)
