#!/usr/bin/env bash
# Measures what is promised and writes the table in FIGURES.md anew: of a release build of the program, or with `--dev` of the one
# that is quicker to build. Run as root for the memory search; Xvfb, xclip, tmux and strace are asked for by name where they
# are missing, and their figures left out.
set -euo pipefail
cd "$(dirname "$0")/.."

JETON_FIGURES=$(mktemp -d)
export JETON_FIGURES
trap 'rm -r "$JETON_FIGURES"' EXIT
program=$JETON_FIGURES/jeton

# The program to measure, built with the features given; the tests around it are always the quick build.
build() {
    [ -n "$release" ] || return 0
    cargo build --locked --profile dist "$@"
    cp "${CARGO_TARGET_DIR:-target}/dist/jeton" "$program"
    export JETON_PROGRAM=$program
}
release=yes
[ "${1:-}" != --dev ] || release=

# The sweeps of R3 and S1 to S3 need failpoints; everything else is measured on the program as it is handed out.
build --features failpoints
cargo test --locked --features failpoints --test integration -- safety::kills rotation::kills
build
cargo test --locked --test integration -- safety:: rotation:: leaks:: clipboard:: terminal:: dashboard:: scan::
[ -z "$release" ] || cargo bench --locked --bench sandbox --bench dashboard

{
    sed '/^| id /,$d' FIGURES.md
    echo '| id | what | target | measured |'
    echo '|---|---|---|---|'
    cat "$JETON_FIGURES"/*.md
} > FIGURES.md.new
mv FIGURES.md.new FIGURES.md
