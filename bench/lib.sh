# shellcheck shell=bash
# What is measured here, how, and what is printed of it. To be sourced.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Of each command in a round, after one that does not count.
RUNS=2

fail() {
    printf 'bench: %s\n' "$*" >&2
    exit 1
}

need() {
    local program
    for program; do
        command -v "$program" >/dev/null || fail "$program is needed; README.md names the packages"
    done
}

NAMES=()
declare -A COMMANDS AT_MOST

# candidate NAME COMMAND...: one of those to be compared, if it can be had here. Who is not is told of.
candidate() {
    local name=$1 said
    shift
    if ! command -v "$1" >/dev/null; then
        printf 'LEFT OUT: %s is not installed\n' "$name" >&2
    elif ! said=$("$@" 2>&1 </dev/null); then
        printf 'LEFT OUT: %s does not work here: %s\n' "$name" "${said%%$'\n'*}" >&2
    else
        NAMES+=("$name")
        COMMANDS[$name]=$(printf '%q ' "$@")
    fi
}

# compare TITLE ROUNDS: measures the candidates, each some times in every round, and prints what the first of them takes
# in units of the others: a ratio of medians. A machine's speed drifts, so rounds are short. What a container leaves to the
# kernel is done while the next one runs, so none has the same one before it each time: every other round goes backwards.
compare() {
    local title=$1 rounds=$2 round name arguments option results
    results=$(mktemp --directory --tmpdir="$scratch")
    for ((round = 0; round < rounds; round++)); do
        arguments=()
        for name in "${NAMES[@]:round / 2 % ${#NAMES[@]}}" "${NAMES[@]:0:round / 2 % ${#NAMES[@]}}"; do
            option=(--command-name "$name" "${COMMANDS[$name]}")
            if ((round % 2)); then
                arguments=("${option[@]}" "${arguments[@]}")
            else
                arguments+=("${option[@]}")
            fi
        done
        hyperfine --shell none --style none --warmup 1 --runs "$RUNS" --export-json "$results/$round" "${arguments[@]}" \
            >/dev/null 2>&1 || fail "something failed that has worked before: ${NAMES[*]}"
    done
    printf '\n%s, %d times each:\n' "$title" $((rounds * RUNS))
    for name in "${NAMES[@]}"; do
        row "$name" "$results"/*
    done
    NAMES=()
}

row() {
    local name=$1 median ratio limit
    shift
    read -r median ratio < <(jq --slurp --raw-output --arg of "${NAMES[0]}" --arg name "$name" '
        def median: sort | .[length / 2 | floor];
        def round_to(digits): . * digits | round / digits;
        def milliseconds(of): [.[].results[] | select(.command == of) | .times[] * 1000] | median;
        milliseconds($name) as $median
        | "\($median | round_to(100)) \(milliseconds($of) / $median | round_to(1000))"' "$@")
    limit=${AT_MOST[$name]:+(at most ${AT_MOST[$name]})}
    if [[ $name == "${NAMES[0]}" ]]; then
        printf '  %-24s%8.2f ms\n' "$name" "$median"
    else
        printf '  %-24s%8.2f ms, of which the first takes %6.3f %s\n' "$name" "$median" "$ratio" "$limit"
    fi
}
