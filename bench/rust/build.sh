#!/bin/sh
# SPDX-License-Identifier: MIT
# bench/rust/build.sh SOURCE TARGET: builds the peers that are written in Rust
# from the crates that Debian installs, without the network.
set -eu

mkdir -p "$2"
cp "$1/Cargo.toml" "$1"/*.rs "$2"
cat >"$2/config.toml" <<'END'
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
END
cd "$2"
# cargo finds the rustc that comes with it
CARGO_HOME=$PWD PATH=/usr/bin:/bin /usr/bin/cargo build --offline --release
