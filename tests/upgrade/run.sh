#!/usr/bin/env bash
# from every released version to this one: the same objects, and bindings go on
#
# The scripts that were released never change, an upgrade leaves the same objects as a fresh install, and bindings made by
# the old version go on working. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
source "$ROOT/scripts/lib/fresh_cluster.sh"
cd "$ROOT"

released=sql/released
current="$(sed -nE '0,/^version/s/^version = "(.*)"/\1/p' Cargo.toml)"
log="$BUILD/log/upgrade"
mkdir -p "$log"
rm -f "$log"/*

fresh_cluster upgrade

sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

# Whoever has a database of that version would else get other objects than its users have.
are_unchanged() {
  (cd "$released" && sha256sum --check --quiet SHA256SUMS) || return 1
  [ "$(find "$released" -name '*.sql' | wc -l)" -eq "$(wc -l <"$released/SHA256SUMS")" ] || {
    echo "a released script has no checksum"
    return 1
  }
  # Both could be changed at once; where the history is at hand, it knows.
  local changed
  changed="$(git log --format='%h %s' --diff-filter=MDR -- "$released/*.sql" 2>/dev/null || true)"
  [ -z "$changed" ] || {
    echo "changed by: $changed"
    return 1
  }
}

objects() { sql -d "$1" -f tests/upgrade/objects.sql >"$log/$1.objects"; }

same_objects() {
  objects fresh && objects "$1"
  [ "$(wc -l <"$log/fresh.objects")" -gt 50 ] || { echo "the list of objects is too short"; return 1; }
  diff -U1 "$log/fresh.objects" "$log/$1.objects"
}

none_drifted() {
  local drifted
  drifted="$(sql -d "$1" -c 'TABLE drifted')"
  [ -z "$drifted" ] || { echo "$drifted"; return 1; }
}

writes_and_sums() { sql -d "$1" -f tests/upgrade/writes.sql && none_drifted "$1"; }

# fails_with TEXT PSQL_ARGUMENTS...
fails_with() {
  local said="$1"
  shift
  output="$(sql "$@" 2>&1)" && { echo "it went on: $output"; return 1; }
  grep -qF "$said" <<<"$output" || { echo "$output"; return 1; }
}

# The new library where ALTER EXTENSION has not been run: it must not write by the triggers of before.
says_to_update() {
  fails_with "HINT:  ALTER EXTENSION spend_sync UPDATE TO '$current';" -d "$1" -c "UPDATE clips SET earnings = earnings + 1" && none_drifted "$1"
}

# A session that has loaded the library of before, and a writer amid a transaction, are there when it is run.
updates_beside_them() {
  sql -d "$1" -c "BEGIN" -c "LOCK TABLE clips IN ROW EXCLUSIVE MODE" -c "SELECT pg_sleep(1)" -c "COMMIT" >/dev/null &
  fails_with 'HINT:  Connect again.' -d "$1" -c "LOAD 'spend_sync-$old'" \
    -c "\! psql -X -q -d $1 -c 'ALTER EXTENSION spend_sync UPDATE'" -c "UPDATE clips SET earnings = earnings + 1"
  wait %1
  [ "$(sql -d "$1" -c "SELECT extversion FROM pg_extension WHERE extname = 'spend_sync'")" = "$current" ] || return 1
  none_drifted "$1"
}

still_fires_always() {
  [ "$(sql -d "$1" -c "SELECT tgenabled FROM pg_trigger WHERE tgrelid = 'clip_submissions'::regclass AND tgname = 'spend_sync_campaigns_row'")" = A ]
}

keeps_its_log() {
  [ "$(sql -d "$1" -c "SELECT count(*) > 0 FROM spend_sync.correction WHERE found_by = 'direct write' AND campaign_id = 'c2'")" = t ]
}

follows_renames() {
  sql -d "$1" -c 'ALTER TABLE clips RENAME earnings TO earned' -c 'UPDATE clips SET earned = earned + 1' && none_drifted "$1" &&
    sql -d "$1" -c 'ALTER TABLE clips RENAME earned TO earnings' \
      -c 'ALTER TABLE clip_submissions DROP CONSTRAINT "clip_submissions_clipId_fkey"' \
      -c 'ALTER TABLE clips DETACH PARTITION clips_0' && none_drifted "$1"
}

is_healthy() {
  local findings
  findings="$(sql -d "$1" -c "SELECT * FROM spend_sync_check('campaigns') WHERE severity = 'error'")"
  [ -z "$findings" ] || { echo "$findings"; return 1; }
}

check "released scripts are as they were released" are_unchanged
library="$("$PG_BIN/pg_config" --pkglibdir)"
extension="$("$PG_BIN/pg_config" --sharedir)/extension"
# Stands for the library of a version before.
old=0.0.0
cp "$library/spend_sync-$current.so" "$library/spend_sync-$old.so"
trap 'rm -f "$library/spend_sync-$old.so" "$extension"/spend_sync--*.control; scripts/cluster.sh stop upgrade' EXIT
createdb fresh
# The one that tests/upgrade/before.sql has granted, which an upgrade keeps.
sql -d fresh -c 'CREATE EXTENSION spend_sync' -c 'GRANT EXECUTE ON FUNCTION sync_campaign(bigint, regclass) TO pg_monitor'
for script in "$released"/spend_sync--*.sql; do
  version="$(basename "$script" .sql)"
  version="${version#spend_sync--}"
  database="from_$version"
  # Only an upgrade needs the old version's script: it is not installed with the extension.
  cp "$script" "$extension/"
  echo "module_pathname = 'spend_sync-$old'" >"$extension/spend_sync--$version.control"
  createdb "$database"
  sql -d "$database" -c "CREATE EXTENSION spend_sync VERSION '$version'" -f tests/upgrade/before.sql >"$log/$database.before"
  check "$version: the new library says to update, and writes nothing" says_to_update "$database"
  check "$version: updated beside a writer; a session of before is told to connect again" updates_beside_them "$database"
  check "$version: the same objects as a fresh install" same_objects "$database"
  check "$version: the log of corrections is kept" keeps_its_log "$database"
  check "$version: triggers fire as they did" still_fires_always "$database"
  check "$version: new sessions write" writes_and_sums "$database"
  check "$version: what is new works for old bindings" follows_renames "$database"
  check "$version: nothing is wrong with them" is_healthy "$database"
done
finish
