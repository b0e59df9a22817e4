"""clang-tidy over every C file of the `clang` preset, two at a time.

A file whose preprocessed text, configuration and flags have passed before is not read again: its
fingerprint lies in build/tidy. So a first run takes minutes and the next one seconds.
Exit status 1 when a file has findings; the closing line counts them.
"""
import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DATABASE = ROOT / "build/clang/compile_commands.json"
PASSED = ROOT / "build/tidy"


def entries():
    """The database's entries for files of the tree (generated sources are not ours to mend)."""
    for entry in json.loads(DATABASE.read_text()):
        path = Path(entry["file"])
        if path.is_relative_to(ROOT) and not path.is_relative_to(ROOT / "build"):
            yield path, entry


def fingerprint(entry):
    words = shlex.split(entry["command"])
    cut = words.index("-o")
    preprocess = words[:cut] + words[cut + 2:] + ["-E"]
    preprocess.remove("-c")
    text = subprocess.run(preprocess, cwd=entry["directory"], capture_output=True, check=True)
    config = (ROOT / ".clang-tidy").read_bytes()
    return hashlib.sha256(text.stdout + config + " ".join(words).encode()).hexdigest()


def tidy(path, entry):
    """None when the file passes, else what clang-tidy says."""
    stamp = PASSED / fingerprint(entry)
    if stamp.exists():
        return None
    done = subprocess.run(["clang-tidy", "--quiet", "-p", str(DATABASE.parent), str(path)],
                          cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        stamp.touch()
        return None
    return done.stdout + done.stderr


def main():
    PASSED.mkdir(parents=True, exist_ok=True)
    only = [Path(arg).resolve() for arg in sys.argv[1:]]
    work = {path: entry for path, entry in entries() if not only or path in only}
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, text in zip(work, pool.map(tidy, work.keys(), work.values())):
            if text is not None:
                failed += 1
                print(f"{path.relative_to(ROOT)}:\n{text}", file=sys.stderr)
    print(f"clang-tidy: {len(work) - failed} passed, {failed} failed")
    return 1 if failed or not work else 0


sys.exit(main())
