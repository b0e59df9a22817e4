# shellcheck shell=bash
# test.sh - what `./dev test` runs, cheap first. Every step is a function step_NAME; all of them
# run even when one fails, and the closing line counts them.

TEST_STEPS="format lint dev release clang asan tsan tidy live"

step_format() { build_format --check; }

step_lint() {
    local scripts
    mapfile -t scripts < <(git ls-files -- dev .ci/run 'tools/*.sh' 'tests/hosts/*' tests/live)
    shellcheck -x "${scripts[@]}" && python3 -m tests.lint
}

# gcc without a sanitizer: the suites as they are timed and packaged.
step_dev() { build_preset dev && ctest --preset dev --parallel 2; }

# What is packaged, optimised: gcc folds and reorders there what it leaves alone in a debug build.
step_release() { build_preset release && ctest --preset release --parallel 2; }

# The second compiler, whose warnings differ; its database is what clang-tidy reads.
step_clang() { build_preset clang; }

step_asan() { build_preset asan && ctest --preset asan --parallel 2; }

# Races: the suites that start threads carry the label `threads`; integration starts the daemon.
step_tsan() { build_preset tsan && ctest --preset tsan --parallel 2 --label-regex 'threads|integration'; }

step_tidy() { build_preset clang && python3 tools/tidy.py; }

# The whole thing running, as applications and as people use it.
step_live() { build_preset release && tests/live; }

# test_step NAME: runs it with a heading and its time; its status is the result.
test_step() {
    local started=$SECONDS status=0
    printf '\n== %s\n' "$1"
    "step_$1" </dev/null || status=$?
    printf '== %s: %s, %d s\n' "$1" "$([ $status -eq 0 ] && echo passed || echo FAILED)" \
        $((SECONDS - started))
    return $status
}

# test_main [--list | STEP...]
test_main() {
    local step passed=0 failed=""
    if [ "${1:-}" = --list ]; then
        echo "$TEST_STEPS" | tr ' ' '\n'
        return
    fi
    for step in "$@"; do
        declare -F "step_$step" >/dev/null || {
            echo "dev: no test step '$step'" >&2
            return 2
        }
    done
    packages_ensure build clang run lint browser
    # shellcheck disable=SC2086 # a list of step names
    [ $# -gt 0 ] || set -- $TEST_STEPS
    for step in "$@"; do
        if test_step "$step"; then passed=$((passed + 1)); else failed="$failed $step"; fi
    done
    echo
    [ -z "$failed" ] || echo "failed steps:$failed"
    echo "steps: $passed passed, $(wc -w <<<"$failed") failed"
    [ -z "$failed" ]
}
