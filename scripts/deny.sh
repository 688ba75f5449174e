#!/usr/bin/env bash
# deny.sh   licences, versions held twice and sources of all dependencies, against deny.toml. Reads Cargo.lock and the
# packages that are here already: nothing is looked up in the network, so advisories are not asked for.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
cd "$ROOT"

version=0.20.2
if [ "$(cargo deny --version 2>/dev/null)" != "cargo-deny $version" ]; then
  echo "deny: building cargo-deny $version (some two minutes, once)"
  CARGO_TARGET_DIR="$BUILD/tools/target" cargo install --quiet --root "$BUILD/tools" --locked --debug cargo-deny --version "=$version"
  rm -rf "$BUILD/tools/target"
fi
cargo fetch --quiet --locked
cargo deny --offline --workspace check --hide-inclusion-graph licenses bans sources
