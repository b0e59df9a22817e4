# shellcheck shell=bash
# build.sh - presets, formatting, benchmarks, fuzzing, coverage.

# build_preset PRESET: configures once, then builds; cmake's own output only when it fails.
build_preset() {
    local preset=$1 log=build/$1.log
    mkdir -p build
    if ! { cmake --preset "$preset" && cmake --build --preset "$preset"; } >"$log" 2>&1; then
        cat "$log" >&2
        echo "dev: the $preset build failed" >&2
        return 1
    fi
}

build_c_files() { git ls-files -- '*.c' '*.h'; }

# build_format [--check]
build_format() {
    local files
    mapfile -t files < <(build_c_files)
    case $1 in
        --check) clang-format --dry-run -Werror "${files[@]}" ;;
        "") clang-format -i "${files[@]}" ;;
        *) echo "usage: ./dev format [--check]" >&2 && return 2 ;;
    esac
}

# build_programs FOLDER PATTERN: the executables of a folder, one a line.
build_programs() { find "$1" -maxdepth 1 -type f -executable -name "$2" | sort; }

# build_bench [NAME...]
build_bench() {
    local program
    build_preset release
    if [ $# -gt 0 ]; then
        for program in "$@"; do
            if [ -f "tests/bench/$program.mjs" ]; then
                tests/live --run "tests/bench/$program.mjs"
            elif [ -x "tests/bench/$program/run" ]; then
                "tests/bench/$program/run"
            else
                "build/release/tests/bench/bench_$program"
            fi
        done
        return
    fi
    for program in $(build_programs build/release/tests/bench 'bench_*'); do
        echo "== ${program##*/bench_}"
        "$program"
    done
    for program in tests/bench/*/run; do
        echo "== $(basename "$(dirname "$program")")"
        "$program"
    done
    for program in tests/bench/*.mjs; do
        echo "== $(basename "$program" .mjs)"
        tests/live --run "$program"
    done
}

# build_fuzz [NAME] [SECONDS]: what libFuzzer finds on its own goes under build/, not in the tree;
# a crashing input belongs in tests/fuzz/corpus with the fix.
build_fuzz() {
    local name=${1:-} seconds=${2:-60} target
    build_preset fuzz
    for target in $(build_programs build/fuzz/tests/fuzz "fuzz_${name:-*}"); do
        echo "== ${target##*/fuzz_}"
        mkdir -p "build/corpus/${target##*/fuzz_}"
        "$target" -max_total_time="$seconds" -print_final_stats=1 \
            -artifact_prefix="build/corpus/" "build/corpus/${target##*/fuzz_}" \
            "tests/fuzz/corpus/${target##*/fuzz_}"
    done
}

build_coverage() {
    build_preset coverage
    find build/coverage -name '*.gcda' -delete
    ctest --preset coverage
    lcov --quiet --capture --directory build/coverage --output-file build/coverage.info 2>/dev/null
    lcov --quiet --extract build/coverage.info "$PWD/lib/*" "$PWD/idp/*" "$PWD/policies/*" \
        --output-file build/coverage.info 2>/dev/null
    lcov --list build/coverage.info 2>/dev/null
    local folder
    for folder in lib idp policies; do
        lcov --quiet --extract build/coverage.info "$PWD/$folder/*" \
            --output-file "build/coverage-$folder.info" 2>/dev/null
        echo "$folder: $(lcov --summary "build/coverage-$folder.info" 2>/dev/null | sed -n 's/^ *lines\.*: //p')"
    done
}
