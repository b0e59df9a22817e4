"""Every suite and fuzz target is built and run, and every corpus holds something."""
import re

from .tree import Finding

REGISTERED = {"test": re.compile(r"habilis_test\(\s*(\w+)"),
              "fuzz": re.compile(r"habilis_fuzz\(\s*(\w+)"),
              "bench": re.compile(r"habilis_bench\(\s*(\w+)")}
SOURCE = re.compile(r"(tests/\w+)/(test|fuzz|bench)_(\w+)\.c")


def check(files):
    names = {}
    for path, text in files.items():
        if path.startswith("tests/") and path.endswith("CMakeLists.txt"):
            uncommented = re.sub(r"#[^\n]*", "", text)
            for kind, pattern in REGISTERED.items():
                names.setdefault((path.rpartition("/")[0], kind), set()).update(
                    pattern.findall(uncommented))
    for path, text in files.items():
        match = SOURCE.fullmatch(path)
        if match:
            folder, kind, name = match.groups()
            cmake = files.get(f"{folder}/CMakeLists.txt", "")
            if name not in names.get((folder, kind), ()) and not re.search(
                    rf"(?m)^[^#\n]*\b{re.escape(path.rpartition('/')[2])}", cmake):
                yield Finding(path, 1, f"is not in {folder}/CMakeLists.txt, so nothing runs it")
            corpus = f"tests/fuzz/corpus/{name}/"
            if kind == "fuzz" and not any(f.startswith(corpus) for f in files):
                yield Finding(path, 1, f"tests/fuzz/corpus/{name} has no seed")
        if "START_TEST" in text and path.startswith("tests/") and path.endswith(".c") and not match:
            yield Finding(path, 1, "holds tests but is not named test_NAME.c")


_CMAKE = {"tests/unit/CMakeLists.txt": "habilis_test(a lib)\n# habilis_test(b lib)\n",
          "tests/fuzz/CMakeLists.txt": "habilis_fuzz(jwt lib)\n"}
SAMPLES = [
    ("registered", {**_CMAKE, "tests/unit/test_a.c": "START_TEST(x)", "tests/fuzz/fuzz_jwt.c": "",
                    "tests/fuzz/corpus/jwt/ok": ""}, []),
    ("not registered", {**_CMAKE, "tests/unit/test_b.c": "START_TEST(x)"}, ["nothing runs it"]),
    ("fuzz target not registered", {**_CMAKE, "tests/fuzz/fuzz_x.c": "",
                                    "tests/fuzz/corpus/x/ok": ""}, ["nothing runs it"]),
    ("an empty corpus", {**_CMAKE, "tests/fuzz/fuzz_jwt.c": ""}, ["has no seed"]),
    ("tests in an odd file", {**_CMAKE, "tests/unit/more.c": "START_TEST(x)"}, ["not named"]),
]
