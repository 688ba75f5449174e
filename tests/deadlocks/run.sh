#!/usr/bin/env bash
# deadlocks per commit beside the same load without triggers
#
# Counted for both settings of spend_sync.flush; with `commit` at most 1.2 times as many (see
# tests/stress/src/deadlocks.rs). SECONDS_TO_RUN, SEED and CLIENTS choose the run. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/fresh_cluster.sh"
cd "$ROOT"

cargo build --release -p spend_sync_stress

fresh_database deadlocks
cargo run --quiet --release -p spend_sync_stress -- --deadlocks --host "$PGHOST" --port "$PGPORT" --user "$PGUSER" \
  --dbname deadlocks --seconds "${SECONDS_TO_RUN:-60}" --seed "${SEED:-1}" --clients "${CLIENTS:-8}"
