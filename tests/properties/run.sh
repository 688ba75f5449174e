#!/usr/bin/env bash
# random writes of awkward values against a plain model (PROPTEST_CASES, SEED)
#
# run.sh [NAME]   in a fresh cluster; each total is compared with the model's. PROPTEST_CASES (for each kind of
# tables) and SEED choose another run. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
source "$ROOT/scripts/lib/fresh_cluster.sh"
cd "$ROOT"
mkdir -p "$BUILD/log"
log="$BUILD/log/test_properties.log"

# Built first: a compile error is not a failed run, and building is not part of its time.
cargo test --no-run -p spend_sync_properties

fresh_database properties
psql -X --quiet -c 'CREATE EXTENSION spend_sync'
status=0
cargo test --quiet --no-fail-fast -p spend_sync_properties ${1:+"$1"} 2>&1 | tee "$log" || status=1

count_cargo_tests "$status" "$log"
finish
