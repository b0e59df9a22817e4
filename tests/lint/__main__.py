"""`python3 -m tests.lint`: first every lint must find its own bad samples and leave the good ones
alone (a lint that cannot fail is worth nothing), then it reads the tree."""
import sys

from . import banned, citations, layers, suites, traces
from .tree import tracked_files

LINTS = (layers, banned, suites, citations, traces)


def sample_failures(lint):
    """What the lint gets wrong on its own samples, as text."""
    for name, files, expected in lint.SAMPLES:
        found = [finding.text for finding in lint.check(files)]
        if len(found) != len(expected) or any(e not in f for e, f in zip(expected, found)):
            yield f"sample '{name}': expected {expected}, found {found}"


def run(lint, files):
    """True when the lint is sound and the tree is clean."""
    name = lint.__name__.rpartition(".")[2]
    wrong = list(sample_failures(lint))
    wrong += [f"{f.path}:{f.line}: {f.text}" for f in lint.check(files)]
    for line in wrong:
        print(f"lint.{name}: {line}", file=sys.stderr)
    return not wrong


def main():
    files = tracked_files()
    results = [run(lint, files) for lint in LINTS]
    print(f"lint: {results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


sys.exit(main())
