#!/usr/bin/env bash
# random writers (SECONDS=20 SEED=1 CLIENTS=8 FLUSH=mixed|statement|commit TOTALS=mixed|summed|moved SCHEMA=all)
#
# Against a checker that reads one snapshot after another, in a fresh cluster. SECONDS_TO_RUN, SEED, CLIENTS, FLUSH, TOTALS
# and SCHEMA (all of them unless one is named: tests/stress/src/schema.rs) choose the run. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/fresh_cluster.sh"
cd "$ROOT"

# Built first: a compile error is not a failed run, and building is not part of its time.
cargo build --release -p spend_sync_stress

fresh_database stress
cargo run --quiet --release -p spend_sync_stress -- --host "$PGHOST" --port "$PGPORT" --user "$PGUSER" --dbname stress \
  --seconds "${SECONDS_TO_RUN:-20}" --seed "${SEED:-1}" --clients "${CLIENTS:-8}" --flush "${FLUSH:-mixed}" \
  --totals "${TOTALS:-mixed}" --schema "${SCHEMA:-all}"
