#!/bin/sh
# Installs Furnace: the library for C and C++, the command line tool, and what goes with them.
#
#     ./install.sh                  builds, then installs
#     ./install.sh build            only builds: as anybody
#     ./install.sh install          only installs what was built: as root, mostly
#     ./install.sh uninstall        removes what was installed, with the same variables
#
# Variables:
#     PREFIX      where it is to be used from                       /usr/local
#     DESTDIR     a directory to install below, for packages
#     BINDIR, LIBDIR, INCLUDEDIR, DATADIR, MANDIR                   $PREFIX/bin, lib, include, share, share/man
#     PROFILE     of cargo                                          release
#     TARGET      of cargo, and a word in its paths                 $CARGO_BUILD_TARGET
#     FURNACE     one that runs here, for manual and completions    the one that was built
#
# After an installation into directories that the loader knows, run ldconfig(8).

set -eu

PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}
BINDIR=${BINDIR:-$PREFIX/bin}
LIBDIR=${LIBDIR:-$PREFIX/lib}
INCLUDEDIR=${INCLUDEDIR:-$PREFIX/include}
DATADIR=${DATADIR:-$PREFIX/share}
MANDIR=${MANDIR:-$DATADIR/man}
PROFILE=${PROFILE:-release}
TARGET=${TARGET:-${CARGO_BUILD_TARGET:-}}
CARGO=${CARGO:-cargo}

# What was installed, a path a line.
LIST=$DATADIR/furnace/installed

fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

build() {
    "$CARGO" build --locked --profile "$PROFILE" ${TARGET:+--target "$TARGET"} -p furnace-capi -p furnace-cli
}

# put MODE FILE PATH
put() {
    mkdir -p "$DESTDIR${3%/*}"
    install -m "$1" "$2" "$DESTDIR$3"
    installed "$3"
}

# link NAME PATH: PATH is a symbolic link to NAME, beside it.
link() {
    ln -sf "$1" "$DESTDIR$2"
    installed "$2"
}

installed() {
    printf '%s\n' "$1" >>"$scratch/installed"
}

install_all() {
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml)
    case $version in
        0.*) abi=${version%.*} ;;
        *) abi=${version%%.*} ;;
    esac
    # Root may have no cargo to ask.
    target=$("$CARGO" metadata --locked --no-deps --format-version 1 2>/dev/null |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
    built=${target:-${CARGO_TARGET_DIR:-target}}${TARGET:+/$TARGET}
    built=$built/$(test "$PROFILE" = dev && echo debug || echo "$PROFILE")
    furnace=${FURNACE:-$built/furnace}
    for file in furnace libfurnace.so libfurnace.a; do
        test -f "$built/$file" || fail "$built/$file is not there: run ./install.sh build first"
    done

    scratch=$(mktemp -d)
    trap 'rm -r "$scratch"' EXIT

    put 755 "$built/libfurnace.so" "$LIBDIR/libfurnace.so.$version"
    link "libfurnace.so.$version" "$LIBDIR/libfurnace.so.$abi"
    link "libfurnace.so.$version" "$LIBDIR/libfurnace.so"
    put 644 "$built/libfurnace.a" "$LIBDIR/libfurnace.a"
    put 644 include/furnace.h "$INCLUDEDIR/furnace.h"
    put 644 include/furnace.hpp "$INCLUDEDIR/furnace.hpp"
    pkg_config >"$scratch/furnace.pc"
    put 644 "$scratch/furnace.pc" "$LIBDIR/pkgconfig/furnace.pc"

    put 755 "$built/furnace" "$BINDIR/furnace"
    mkdir "$scratch/pages"
    "$furnace" man --dir "$scratch/pages"
    for page in "$scratch"/pages/*; do
        put 644 "$page" "$MANDIR/man${page##*.}/${page##*/}"
    done
    completions bash "$DATADIR/bash-completion/completions/furnace"
    completions fish "$DATADIR/fish/vendor_completions.d/furnace.fish"
    completions zsh "$DATADIR/zsh/site-functions/_furnace"

    installed "$LIST"
    put 644 "$scratch/installed" "$LIST"
}

# completions SHELL PATH
completions() {
    "$furnace" completions "$1" >"$scratch/completions"
    put 644 "$scratch/completions" "$2"
}

# What a program that is linked statically needs besides is in the C library, but for old ones, where it is beside it.
pkg_config() {
    cat <<END
prefix=$PREFIX
exec_prefix=\${prefix}
libdir=$(below_prefix "$LIBDIR")
includedir=$(below_prefix "$INCLUDEDIR")

Name: furnace
Description: A sturdier chroot: containers that start fast and leave nothing behind
Version: $version
Libs: -L"\${libdir}" -lfurnace
Libs.private: -lpthread -ldl -lm -lrt
Cflags: -I"\${includedir}"
END
}

# So that whoever moves the whole tree has one line to change.
below_prefix() {
    case $1 in
        "$PREFIX"/*) printf '${prefix}%s\n' "${1#"$PREFIX"}" ;;
        *) printf '%s\n' "$1" ;;
    esac
}

uninstall_all() {
    test -f "$DESTDIR$LIST" || fail "$DESTDIR$LIST is not there: nothing is installed with these variables"
    while IFS= read -r path; do
        rm -f "$DESTDIR$path"
    done <"$DESTDIR$LIST"
    rmdir "$DESTDIR${LIST%/*}"
}

case $PREFIX in
    *'
'*) fail "a PREFIX of several lines can't be written down" ;;
    /*) ;;
    *) fail "PREFIX is $PREFIX; a path from / on was meant" ;;
esac
case $DESTDIR in
    '' | /*) ;;
    *) DESTDIR=$PWD/$DESTDIR ;;
esac
cd "$(dirname "$0")"
case ${1:-all} in
    all)
        build
        install_all
        ;;
    build) build ;;
    install) install_all ;;
    uninstall) uninstall_all ;;
    *) fail "what is $1? build, install or uninstall was meant" ;;
esac
