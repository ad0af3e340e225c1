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

# version CRATE: the one that Debian has, such as mio-0.6
version() {
	sed -n 's/^version = "\(.*\)"/\1/p' \
	    "/usr/share/cargo/registry/$1".*/Cargo.toml | sed 1q
}
{
	echo "mio 0.6:$(version mio-0.6)"
	echo "mio 0.8:$(version mio-0.8)"
	echo "mio-extras:$(version mio-extras-2)"
	echo "crossbeam:$(version crossbeam-channel-0.5)"
	echo "std mpsc:$(/usr/bin/rustc --version | cut -d ' ' -f 2)"
	printf '\0'
} >versions

# cargo finds the rustc that comes with it
CARGO_HOME=$PWD PATH=/usr/bin:/bin /usr/bin/cargo build --offline --release
