#!/usr/bin/env bash
# bench.sh full|quick [NAME]   measures what a write costs, side by side, in a fresh cluster (see bench/src/main.rs).
# The whole of `full` writes bench/RESULTS.md and bench/cost_per_write.svg; anything less writes into build/log/bench.
# PROTOCOL=simple sends statements as text; ROUNDS and WINDOW_MS change how often and how long each one runs.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
cd "$ROOT"

form="${1:-full}" only="${2:-}"
into="$BUILD/log/bench"
[ "$form" != full ] || [ -n "$only" ] || into=bench

cargo build --release -p spend_sync_bench

# Nothing may happen by itself while a run is measured; fsync is off as in every test cluster (cluster.sh).
settings() {
  cat <<-SQL
	ALTER SYSTEM SET shared_buffers = '2GB';
	ALTER SYSTEM SET work_mem = '64MB';
	ALTER SYSTEM SET max_wal_size = '16GB';
	ALTER SYSTEM SET checkpoint_timeout = '1h';
	ALTER SYSTEM SET autovacuum = off;
	ALTER SYSTEM SET jit = off;
	SQL
}

# Its data are of no use afterwards, and many gigabytes.
scripts/cluster.sh remove bench
trap 'scripts/cluster.sh remove bench' EXIT
scripts/cluster.sh start bench
settings | scripts/cluster.sh psql bench -X -q -v ON_ERROR_STOP=1
scripts/cluster.sh stop bench
scripts/cluster.sh start bench
eval "$(scripts/cluster.sh env bench)"
createdb bench
options=(--host "$PGHOST" --port "$PGPORT" --user "$PGUSER" --dbname bench --protocol "${PROTOCOL:-extended}"
  --only "$only" --write "$into")
[ "$form" != quick ] || options+=(--quick)
[ -z "${ROUNDS:-}" ] || options+=(--rounds "$ROUNDS")
[ -z "${WINDOW_MS:-}" ] || options+=(--window-ms "$WINDOW_MS")
cargo run --quiet --release -p spend_sync_bench -- "${options[@]}"
