#!/usr/bin/env bash
# Long load on a few backends, in a fresh cluster: memory must stay flat, the extension's tables must not grow (see
# src/main.rs). MINUTES says how long; the last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/fresh_cluster.sh"
cd "$ROOT"

cargo build --release -p spend_sync_soak

fresh_database soak
SOAK_MINUTES="${MINUTES:-30}" cargo run --quiet --release -p spend_sync_soak
