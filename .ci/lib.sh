# shellcheck shell=bash
# What the scripts of this folder share. To be sourced.

set -euo pipefail

fail() {
    printf '\n.ci: %s\n' "$*" >&2
    exit 1
}

# Where the furnace-init lies that `cargo build ARGUMENTS` embeds.
furnace_init() {
    local out
    out=$(cargo build --locked --quiet --message-format json "$@" |
        jq --raw-output 'select(.reason == "build-script-executed" and (.package_id | test("furnace-sys"))).out_dir')
    printf '%s/furnace-init\n' "$out"
}
