#!/usr/bin/env bash
# tests in the crate (UNIT=name for some)
#
# run.sh [NAME]   pure ones, and those that run in a backend (#[pg_test]).
# The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
cd "$ROOT"
mkdir -p "$BUILD/log"
log="$BUILD/log/test_unit.log"

# pgrx puts a cluster, and its socket, below this folder, and removes the cluster afterwards.
pgdata="$BUILD/log/unit"
how="$(scripts/as_user.sh --how)"
if [ "$how" = setpriv ] || ! holds_socket "$pgdata"; then
  pgdata="$(scripts/as_user.sh mktemp -d /tmp/spend_sync.XXXXXX)"
  trap 'scripts/as_user.sh rm -rf "$pgdata"' EXIT
fi

test=(cargo pgrx test "pg$PG_MAJOR" ${1:+"$1"} --pgdata "$pgdata")
status=0
if [ "$how" = setpriv ]; then
  "${test[@]}" --runas postgres 2>&1 | tee "$log" || status=1
else
  scripts/as_user.sh "${test[@]}" 2>&1 | tee "$log" || status=1
fi

count_cargo_tests "$status" "$log"
finish
