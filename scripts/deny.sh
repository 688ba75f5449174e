#!/usr/bin/env bash
# deny.sh   licences, versions held twice and sources of all dependencies, against deny.toml. Reads Cargo.lock and the
# packages that are here already: nothing is looked up in the network, so advisories are not asked for.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
source "$ROOT/scripts/lib/tools.sh"
cd "$ROOT"

ensure_tool cargo-deny 0.20.2 "a minute or two"
cargo fetch --quiet --locked
cargo deny --offline --workspace check --hide-inclusion-graph licenses bans sources
