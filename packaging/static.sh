#!/bin/sh
# A binary that needs no library of its machine: packaging/static.sh [TARGET], x86_64-unknown-linux-musl unless told.
# Needs the standard library of the target (`rustup target add TARGET`) and a C compiler for it, in CC (Debian: `musl-tools`
# has `musl-gcc`). The program opens no connection, as in the container file.
set -eu

target="${1:-x86_64-unknown-linux-musl}"
case "$target" in
*-linux-musl*) ;;
*)
    echo "packaging/static.sh: $target is no musl target; name one of: rustc --print target-list | grep musl" >&2
    exit 2
    ;;
esac
cd "$(dirname "$0")/.."

# For what is written in C alone: `musl-gcc` as the linker would ask for the loader of musl, and no empty image has one.
export "CC_$(echo "$target" | tr - _)=${CC:-musl-gcc}"
cargo build --locked --release --no-default-features --target "$target"

folder="${CARGO_TARGET_DIR:-target}"
mkdir -p "$folder/dist"
binary="$folder/dist/tamis-$target"
cp "$folder/$target/release/tamis" "$binary"
packaging/is-static.sh "$binary"
echo "$binary"
