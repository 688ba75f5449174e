#!/usr/bin/env bash
# deadlocks per commit beside the same load without triggers
#
# Counted for totals flushed at the statement and at commit; at commit at most 1.2 times as many (see
# tests/stress/src/deadlocks.rs). SECONDS_TO_RUN, SEED and CLIENTS choose the run. Clients that insert rows of their own
# come first: among them there must be none (inserters.sh). The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/fresh_cluster.sh"
source "$ROOT/scripts/lib/checks.sh"
source "$ROOT/tests/deadlocks/inserters.sh"
cd "$ROOT"

cargo build --release -p spend_sync_stress

fresh_database deadlocks
check "databases of clients that insert" create_inserters
check "clips of one's own" inserters_go_side_by_side clips immediate deferred none
check "clips of one's own, and links" inserters_go_side_by_side links immediate deferred none
check "links first" inserters_go_side_by_side links_first deferred none

log="$BUILD/log/deadlocks.out"
cargo run --quiet --release -p spend_sync_stress -- --deadlocks --host "$PGHOST" --port "$PGPORT" --user "$PGUSER" \
  --dbname deadlocks --seconds "${SECONDS_TO_RUN:-120}" --seed "${SEED:-1}" --clients "${CLIENTS:-8}" | tee "$log" || true
[[ "$(tail -n 1 "$log")" =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] || fail "the load did not get as far as counting"
checks_passed=$((checks_passed + BASH_REMATCH[1])) checks_failed=$((checks_failed + BASH_REMATCH[2]))
finish
