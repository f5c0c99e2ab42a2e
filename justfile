# The daily commands; `just` lists them. Most of what they run wants root, as the tests do.

[private]
default:
    @just --list

# compile everything
build *arguments:
    cargo build --workspace --all-targets {{ arguments }}

# run the tests, or those that the arguments name
test *arguments:
    cargo test {{ if arguments == "" { "--workspace" } else { arguments } }}

# run the attackers for longer: their races this many rounds each
attack rounds="2000":
    FURNACE_ATTACK_ROUNDS={{ rounds }} cargo test -p furnace-tests --test attack

# check format and lints
lint:
    .ci/format
    .ci/lint

# build the documentation, warnings being errors
doc *arguments:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps {{ arguments }}

# print the figures, the yardstick's beside them
bench *arguments:
    cargo bench -p furnace-core {{ arguments }}

# compare calls through C with those of Rust
bench-border *arguments:
    cargo bench -p furnace-capi {{ arguments }}

# compare `furnace` with other tools, each as a whole process
bench-peers *arguments:
    bench/peers {{ arguments }}

# install library, headers, command line tool and manual below a prefix; see install.sh
install prefix="/usr/local":
    PREFIX={{ quote(prefix) }} ./install.sh

# remove what was installed below a prefix
uninstall prefix="/usr/local":
    PREFIX={{ quote(prefix) }} ./install.sh uninstall

# build the wheel for Python and test it, with Debian's Python or those that are given
python *interpreters:
    .ci/check-python {{ interpreters }}

# see that the packages stand alone
package:
    .ci/check-packages

# ask the database of advisories about the dependencies
advisories:
    cargo deny check advisories

# everything that has to pass before a change lands
ci:
    bash .ci/run
