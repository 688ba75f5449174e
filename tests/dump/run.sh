#!/usr/bin/env bash
# pg_dump and pg_restore in every form: bindings, totals, owners, rights
#
# What pg_dump, pg_dumpall and pg_restore carry over; and that the restored triggers keep the totals from the first write on.
# The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
cd "$ROOT"
export TESTS="$ROOT/tests/dump"
out="$BUILD/log/dump"

query() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
state() { psql -X -q -A -v ON_ERROR_STOP=1 -d "$1" -f "$TESTS/state.sql"; }
# Two dumps of the same differ in the key that newer versions of pg_dump draw for each.
dump() { pg_dump "$@" | sed '/^\\\(un\)\?restrict /d'; }
same() { diff "$1" "$2"; }
prints() { diff <(printf '%s' "${1:+$1$'\n'}") -; }

agrees() { query -d "$1" -f "$TESTS/oracle.sql" | prints ""; }
keeps_totals() { query -d "$1" -f "$TESTS/writes.sql" | prints ""; }
drifted() { query -d "$1" -f "$TESTS/oracle.sql" | wc -l; }
reported() { query -d "$1" -c 'SELECT count(*) FROM (SELECT DISTINCT campaigns FROM spend_sync.binding) b, "Sync Tools".spend_sync_status(b.campaigns::regclass) WHERE needs_sync'; }
triggers_always() { query -d "$1" -c "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'A'"; }
repair() { query -d "$1" -c 'SELECT campaigns, s.* FROM (SELECT DISTINCT campaigns FROM spend_sync.binding) b, "Sync Tools".sync_all_campaigns(b.campaigns::regclass) s'; }

# is_refused MESSAGE SQL
is_refused() {
  if query -d platform -c "$2" >"$out/refused" 2>&1; then
    echo "not refused: $2"
    return 1
  fi
  grep -F "$1" "$out/refused"
}

# A database with nothing of the first one's state that differs, a second dump that says the same, and live triggers.
is_whole() {
  agrees "$1"
  state "$1" | same "$out/state" -
  dump -d "$1" --exclude-schema=hostile | same "$out/plain.sql" -
  keeps_totals "$1"
}

start_clusters() {
  local cluster
  rm -rf "$out"
  mkdir -p "$out"
  for cluster in dump dump_second; do
    scripts/cluster.sh remove "$cluster"
    scripts/cluster.sh start "$cluster"
  done
  eval "$(scripts/cluster.sh env dump_second)"
  second="$PGHOST"
  eval "$(scripts/cluster.sh env dump)"
}

make_dumps() {
  createdb platform
  query -d platform -f "$TESTS/platform.sql"
  agrees platform
  state platform >"$out/state"
  dump -d platform >"$out/plain.sql"
  pg_dump -d platform --format=custom --file="$out/custom"
  pg_dump -d platform --format=directory --jobs=2 --file="$out/directory"
}

#--- whole dumps

restore_plain() {
  createdb plain
  query -d plain -f "$out/plain.sql" >/dev/null
  is_whole plain
}

restore_custom() {
  createdb custom
  pg_restore --exit-on-error -d custom "$out/custom"
  is_whole custom
}

restore_in_parallel() {
  createdb parallel
  pg_restore --exit-on-error --jobs=4 -d parallel "$out/directory"
  is_whole parallel
}

restore_without_a_search_path() {
  createdb bare
  query -d bare -c "ALTER DATABASE bare SET search_path = ''"
  query -d bare -f "$out/plain.sql" >/dev/null
  is_whole bare
}

# Tables of the same names, and operators that lie, stand first in the search path of all who connect.
restore_with_a_hostile_search_path() {
  createdb hostile
  query -d hostile -f "$TESTS/hostile.sql"
  pg_restore --exit-on-error -d hostile "$out/custom"
  is_whole hostile
}

restore_by_section() {
  local section
  createdb sections
  for section in pre-data data post-data; do
    pg_restore --exit-on-error --section="$section" -d sections "$out/custom"
  done
  is_whole sections
}

#--- parts

# The triggers are there before the data: each row that is loaded fires them. A campaign starts at 0, also where direct writes
# are rejected, and gets what its clips bring.
restore_data_under_live_triggers() {
  createdb live
  pg_dump -d platform --schema-only | query -d live >/dev/null
  pg_dump -d platform --data-only --schema=tenant-b --schema=media --schema=shared | query -d live >/dev/null
  # pg_dump sorts data by foreign keys, but not by those that name a partitioned table.
  pg_dump -d platform --data-only --schema='"App"' --exclude-table='"App".clip_submissions' | query -d live >/dev/null
  pg_dump -d platform --data-only --table='"App".clip_submissions' | query -d live >/dev/null
  agrees live
  keeps_totals live
}

# Yesterday's campaigns beside today's clips, with no trigger to see it.
restore_data_with_triggers_disabled() {
  createdb mixed
  pg_dump -d platform --schema-only | query -d mixed >/dev/null
  pg_restore --exit-on-error --data-only --disable-triggers -d mixed "$out/custom"
  agrees mixed
  [ "$(triggers_always platform)" = 1 ]
  [ "$(triggers_always mixed)" = 0 ] # ENABLE TRIGGER ALL, by which pg_restore ends, is not what was: docs/operations.md
  createdb --template=platform today
  query -d today -c "UPDATE \"App\".clips SET earnings = earnings + 5; UPDATE media.clip SET cents = 0"
  agrees today
  pg_dump -d today --data-only --disable-triggers -t '"App".clips*' -t media.clip >"$out/today.sql"
  query -d mixed -c 'SET session_replication_role = replica; DELETE FROM "App".clips; DELETE FROM media.clip'
  query -d mixed -f "$out/today.sql" >/dev/null
  [ "$(drifted mixed)" -ge 10 ]
  [ "$(drifted mixed)" = "$(reported mixed)" ]
  repair mixed >"$out/repaired"
  [ "$(reported mixed)" = 0 ]
  agrees mixed
  keeps_totals mixed
}

# A copy of one schema under another name, beside the first: its triggers serve the copy's tables.
restore_into_a_renamed_schema() {
  createdb --template=platform renamed
  query -d renamed -c 'ALTER SCHEMA "App" RENAME TO "Before"'
  query -d renamed -c 'UPDATE "Before".clips SET earnings = 1'
  dump -d platform --schema='"App"' | sed 's/"App"/"Copy of App"/g' | query -d renamed >/dev/null
  query -d renamed -c 'CREATE TABLE totals_before AS SELECT id, spent FROM "Before".campaigns'
  query -d renamed -c 'UPDATE "Copy of App".clips SET earnings = earnings + 1 WHERE id = $$clip2$$'
  query -d renamed -c 'TABLE totals_before EXCEPT SELECT id, spent FROM "Before".campaigns' | prints ""
  query -d renamed -c 'ALTER SCHEMA "Copy of App" RENAME TO "App"'
  agrees renamed
  keeps_totals renamed
}

# Without the extension there is nothing that the triggers could call: an error, and no table that looks kept.
restore_a_schema_without_the_extension() {
  createdb without
  if dump -d platform --schema='"App"' | query -d without >/dev/null 2>"$out/without.err"; then
    echo "restored without the extension"
    return 1
  fi
  grep 'schema "spend_sync" does not exist' "$out/without.err"
}

# By the role that owns the tables, which is no superuser and not the extension's owner; into a database that has the extension.
# Of the log it reads what was found in its tables, and none is dumped.
dump_and_restore_by_the_owner() {
  local database
  query -d postgres -c 'CREATE ROLE plain_owner LOGIN'
  for database in owned owned_again; do
    createdb "$database"
    query -d "$database" -c 'CREATE EXTENSION spend_sync' -c "GRANT CREATE ON DATABASE $database TO plain_owner"
  done
  query -d owned -U plain_owner -f "$TESTS/owned.sql" >/dev/null
  query -d owned -U plain_owner -c 'SELECT count(*) FROM spend_sync.correction' | prints 1
  pg_dump -U plain_owner -d owned --format=custom --file="$out/owned"
  pg_restore -U plain_owner --exit-on-error --no-comments -d owned_again "$out/owned" # a comment is the extension's owner's to make
  query -d owned_again -U plain_owner -c 'UPDATE app.clips SET earnings = 7'
  query -d owned_again -U plain_owner -c 'SELECT spent FROM app.campaigns' | prints 14.00
}

#--- a whole cluster

restore_a_whole_cluster() {
  pg_dumpall --roles-only --no-role-passwords >"$out/roles.sql"
  # The role that restores is there already.
  sed '/^CREATE ROLE postgres;$/d; /^\\\(un\)\?restrict /d' "$out/roles.sql" | PGHOST="$second" query -d postgres
  PGHOST="$second" createdb platform
  PGHOST="$second" pg_restore --exit-on-error -d platform "$out/custom"
  PGHOST="$second" state platform | same "$out/state" -
  PGHOST="$second" dump -d platform | same "$out/plain.sql" -
}

rights_hold() {
  local call="SELECT new_spent FROM \"Sync Tools\".sync_campaign('campaign1'::text, '\"App\".campaigns')"
  export PGHOST="$second"
  query -d platform -c "SET ROLE finance; $call" | prints 166.50
  query -d platform -c 'SET ROLE finance' -c 'CALL "Sync Tools".spend_sync_repair($$"App".campaigns$$)'
  is_refused 'may not bring totals of' "SET ROLE app_writer; $call"
  is_refused 'may not bring totals of' \
    'SET ROLE finance; SELECT "Sync Tools".sync_all_campaigns($$"App".campaigns$$)'
  is_refused 'permission denied for schema tenant-b' \
    'SET ROLE app_owner; SELECT "Sync Tools".spend_sync_detach($$"tenant-b"."Deal"$$)'
  keeps_totals platform
}

trap 'scripts/cluster.sh stop dump; scripts/cluster.sh stop dump_second' EXIT
start_clusters
make_dumps
check "plain, by psql" restore_plain
check "custom, by pg_restore" restore_custom
check "directory, by pg_restore --jobs=4" restore_in_parallel
check "with an empty search_path" restore_without_a_search_path
check "with a hostile search_path" restore_with_a_hostile_search_path
check "section by section" restore_by_section
check "schema, then data under live triggers" restore_data_under_live_triggers
check "schema, then data of two days with triggers disabled: reported, repaired" restore_data_with_triggers_disabled
check "one schema, under another name" restore_into_a_renamed_schema
check "one schema, where the extension is missing" restore_a_schema_without_the_extension
check "by an owner who is no superuser, into a database that has the extension" dump_and_restore_by_the_owner
check "roles and database, into a second cluster" restore_a_whole_cluster
check "rights in the second cluster" rights_hold
finish
