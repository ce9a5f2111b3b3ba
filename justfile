# Everyday commands. `just --list` shows them.

# Run the main job on the sample data.
run:
    cargo run --release -- run pipelines/l1411-8.toml

# Explain what the main job does with every column.
plan:
    cargo run --release -- plan pipelines/l1411-8.toml

# Formatting, lints, tests: what has to pass before a change lands.
check:
    .ci/run

# The tests only.
test:
    cargo test

# Criterion benchmarks of the hot passes.
bench:
    cargo bench --bench passes

# Compare the whole run with a DuckDB script on the same file.
compare:
    cargo build --release
    python3 benches/compare/run.py

# The documentation as a book in target/book (needs mdbook).
book:
    mdbook build docs

# Write the reference pages anew, after a command, key or code has changed.
reference:
    TAMIS_REWRITE_DOCS=1 cargo test --test docs -- reference

# Make sample_data/ anew (sample_data/README.md says what it is).
sample-data:
    sample_data/make.sh

# Licences, sources and doubles of what the project is made of (needs cargo-deny).
deny:
    cargo deny check

# A Debian package with manual pages, completions and units (needs cargo-deb).
deb:
    cargo build --locked --release
    rm -rf target/package
    target/release/tamis man target/package/man
    target/release/tamis completions bash > target/package/tamis.bash
    target/release/tamis completions zsh > target/package/_tamis
    target/release/tamis completions fish > target/package/tamis.fish
    cargo deb --no-build

# A static binary in target/dist, for machines and images that have nothing else (needs a C compiler for musl).
static target="x86_64-unknown-linux-musl":
    packaging/static.sh {{target}}

# Fuzz one target (csv, pipeline, schema, package, acknowledgement); needs the nightly compiler and cargo-fuzz.
fuzz target:
    cd fuzz && cargo +nightly fuzz run {{target}}
