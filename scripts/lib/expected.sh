# shellcheck shell=bash
# Runs scripts whose output is compared with what is expected, by PostgreSQL's own test programs. Sourced by the tiers
# regress and isolation, never run.
#
# run_expected KIND FOLDER SUFFIX PROGRAM [NAME]   the scripts in this folder of tests/KIND, or the one that is named, each in
#   a fresh database of its own, against tests/KIND/expected. One script a call: whatever it leaves behind is no other's.
#
# TOTALS=summed: the same scripts, the same output, with every total summed from its clips on every write.
#
# One whose first line says `PostgreSQL 17 and later` tests what older majors do not have: there it is left out.

source "$ROOT/scripts/lib/checks.sh"
source "$ROOT/scripts/lib/fresh_cluster.sh"

# Whose psql and test programs drive the server: any major's can.
driver="${PG_DRIVER:-$PG_BIN}"

# A spec that waits for ever is a failure after this many seconds, not after pg_isolation_regress's six minutes.
export PGISOLATIONTIMEOUT="${PGISOLATIONTIMEOUT:-60}"

# A fresh cluster too: roles and settings outlive a database.
start_cluster() {
  fresh_cluster "$kind"
  case "${TOTALS:-moved}" in
    moved) ;;
    summed) export PGOPTIONS="-c spend_sync.recompute_interval=0" ;;
    *) fail "TOTALS is moved or summed" ;;
  esac
}

# Whether this major has what the script tests.
is_for_this_major() {
  local since
  since="$(sed -nE '1s/^(--|#) PostgreSQL ([0-9]+) and later.*/\2/p' "$1")"
  [ "$PG_MAJOR" -lt "${since:-0}" ] || return 0
  echo "skipped $(basename "$1" "$suffix"): tests what only PostgreSQL $since and later has"
  return 1
}

# Without a difference to show (a crash, no expected file yet), the program's own words tell why.
prints_what_is_expected() {
  local to="$results/$1"
  mkdir -p "$to"
  "$program" --inputdir="$input" --outputdir="$to" --bindir="$driver" --host="$PGHOST" --port="$PGPORT" --user="$PGUSER" \
    --dbname=spend_sync_test --encoding=UTF8 "$1" >"$to/log" 2>&1 && return
  if [ -s "$to/regression.diffs" ]; then
    cat "$to/regression.diffs"
  else
    cat "$to/log"
  fi
  return 1
}

run_expected() {
  kind="$1" suffix="$3" input="$ROOT/tests/$1" results="$BUILD/log/$1"
  program="$(dirname "$("$driver/pg_config" --pgxs)")/../test/$4"
  local script name
  start_cluster
  rm -rf "$results"
  # psql is given a script as its input: what the script includes by \ir is then found from here, as beside a script of -f.
  cd "$input/$2"
  for script in "$input/$2"/${5:-*}"$suffix"; do
    [ -f "$script" ] || fail "there is no $script"
    is_for_this_major "$script" || continue
    name="$(basename "$script" "$suffix")"
    check "$name" prints_what_is_expected "$name"
  done
  finish
}
