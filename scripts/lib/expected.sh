#!/usr/bin/env bash
# expected.sh regress|isolation [NAME]   runs the scripts of tests/regress or tests/isolation, each in a fresh
# database of its own, and compares what they print with tests/*/expected. The last line is `N passed, N failed`.
# TOTALS=moved: the same scripts, the same output, with every total moved by differences wherever that is possible.
#
# One whose first line says `PostgreSQL 17 and later` tests what older majors do not have: there it is left out.
#
# PostgreSQL's own two test programs run them, one script a call: whatever one script leaves behind is no other's.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/paths.sh"

kind="${1:-}" only="${2:-}"
# Whose psql and test programs drive the server: any major's can.
driver="${PG_DRIVER:-$PG_BIN}"
programs="$(dirname "$("$driver/pg_config" --pgxs)")/../test"
case "$kind" in
  regress) program="$programs/regress/pg_regress" scripts=sql suffix=.sql ;;
  isolation) program="$programs/isolation/pg_isolation_regress" scripts=specs suffix=.spec ;;
  *) fail "usage: expected.sh regress|isolation [NAME]" ;;
esac
input="$ROOT/tests/$kind"
output="$BUILD/log/$kind"

# A fresh cluster too: roles and settings outlive a database.
"$ROOT/scripts/cluster.sh" remove "$kind"
trap '"$ROOT/scripts/cluster.sh" stop "$kind"' EXIT
"$ROOT/scripts/cluster.sh" start "$kind"
eval "$("$ROOT/scripts/cluster.sh" env "$kind")"
rm -rf "$output"
mkdir -p "$output"
case "${TOTALS:-summed}" in
  summed) ;;
  moved) export PGOPTIONS="-c spend_sync.recompute_limit=0 -c spend_sync.recompute_interval=1d" ;;
  *) fail "TOTALS is summed or moved" ;;
esac

# A spec that waits for ever is a failure after this many seconds, not after pg_isolation_regress's six minutes.
export PGISOLATIONTIMEOUT="${PGISOLATIONTIMEOUT:-60}"

run() {
  "$program" --inputdir="$input" --outputdir="$output/$1" --bindir="$driver" --host="$PGHOST" --port="$PGPORT" \
    --user="$PGUSER" --dbname=spend_sync_test --encoding=UTF8 "$1"
}

passed=0 failed=0
for script in "$input/$scripts"/${only:-*}"$suffix"; do
  [ -f "$script" ] || fail "there is no $script"
  name="$(basename "$script" "$suffix")"
  since="$(sed -nE '1s/^(--|#) PostgreSQL ([0-9]+) and later.*/\2/p' "$script")"
  if [ "$PG_MAJOR" -lt "${since:-0}" ]; then
    echo "skipped $name: tests what only PostgreSQL $since and later has"
    continue
  fi
  mkdir -p "$output/$name"
  if run "$name" >"$output/$name/log" 2>&1; then
    echo "ok      $name"
    passed=$((passed + 1))
  else
    echo "FAILED  $name"
    failed=$((failed + 1))
    # Without a difference to show (a crash, no expected file yet), the program's own words tell why.
    if [ -s "$output/$name/regression.diffs" ]; then
      cat "$output/$name/regression.diffs"
    else
      cat "$output/$name/log"
    fi
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
