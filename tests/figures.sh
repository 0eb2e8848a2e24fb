#!/usr/bin/env bash
# Measures what is promised about secrets and writes the table in FIGURES.md anew. Run as root for the memory search.
# A release build unless `--dev` is given.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=--release
[ "${1:-}" != --dev ] || profile=
JETON_FIGURES=$(mktemp -d)
export JETON_FIGURES
trap 'rm -r "$JETON_FIGURES"' EXIT

# The sweeps need failpoints; everything else is measured on the program as it is handed out.
cargo test --locked $profile --features failpoints --test safety -- kills
cargo test --locked $profile --test safety --test leaks

{
    sed '/^| id /,$d' FIGURES.md
    echo '| id | what | target | measured |'
    echo '|---|---|---|---|'
    cat "$JETON_FIGURES"/*.md
} > FIGURES.md.new
mv FIGURES.md.new FIGURES.md
