#!/usr/bin/env bash
# the server is killed under load, and a standby promoted (ROUNDS=2)
#
# The random writers of tests/stress while their server is killed, and while a standby replays them.
#
# crash     by pg_ctl's immediate mode, by SIGKILL of a writing backend, by SIGKILL of the postmaster: after each recovery
#           every total is the plain sum, also once the transactions that were left prepared have ended, and the next
#           round writes on where this one was cut off. fsync and full_page_writes are on in the cluster named crash.
# standby   every snapshot on a streaming standby agrees while it replays, and while it is promoted amid the load, with
#           its primary running or killed; the promoted server's triggers keep the totals from there.
# unlogged  the one loss that cannot be kept out, and the proof that the oracle sees losses: unlogged clips are empty
#           after a crash, their campaigns are not.
#
# ROUNDS (2 crashes of each kind), SEED and CLIENTS choose the run. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
cd "$ROOT"
source scripts/lib/checks.sh

rounds="${ROUNDS:-2}" seed="${SEED:-1}"
load_seconds=4
# A run that is to be cut off ends by itself only if nobody comes.
uncut_seconds=60
# As the stress program names its own: what it left prepared and what this script left are found alike.
prepared_prefix=spend_sync_stress_
logs="$BUILD/log/crash"
rm -rf "$logs"
mkdir -p "$logs"
load='' load_status=0 postmaster=''

#--- checks

quiet() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

# equals VALUE SQL
equals() {
  local got
  got="$(quiet -c "$2")"
  [ "$got" = "$1" ] || { echo "$2: expected '$1', got '$got'"; return 1; }
}

is_true() { [ "$(quiet -c "SELECT $1" 2>/dev/null)" = t ]; }
wait_until() { eventually is_true "$1"; }

# The oracle is the stress program's: plain sums, spend_sync_status(), and no correction that a write had to log.
stress() {
  cargo run --quiet --release -p spend_sync_stress -- --host "$PGHOST" --port "$PGPORT" --user "$PGUSER" \
    --dbname "$PGDATABASE" --clients "${CLIENTS:-8}" "$@"
}
agrees() { stress --check-only --seconds 0; }

# Of the functions, what a person would ask first.
nothing_needs_sync() {
  equals 0 "SELECT count(*) FILTER (WHERE needs_sync) FROM (SELECT * FROM spend_sync_status('stress_keyed.campaigns')
    UNION ALL SELECT * FROM spend_sync_status('stress_loose.campaigns')) status"
}

#--- the load

begin_load() {
  seed=$((seed + 1))
  stress --keep --seed "$seed" "$@" >"$logs/load_$seed.log" 2>&1 &
  load=$!
}

# A machine that is busy needs longer until a crash has something to destroy.
enough_is_written() { eventually grep -q 'transactions have committed' "$logs/load_$seed.log"; }

# Not inside a check, which is a subshell: only a process's parent can wait for it. A run that has ended already is
# waited for all the same: its status is kept for that.
await_load() {
  load_status=0
  wait "$load" || load_status=$?
  load=''
}

# ended STATUS LOG   as a check: a program of this script's own ended well; what it said is shown when it did not.
ended() {
  cat "$2"
  [ "$1" -eq 0 ]
}

# Two transactions of a campaign of their own, in both schemas: one will be committed, one rolled back. Every second time
# a checkpoint moves them out of the log into files.
leave_prepared() {
  local schema
  for schema in stress_keyed stress_loose; do
    quiet <<-SQL
		DELETE FROM $schema.clip_submissions WHERE "campaignId" = 'crash';
		DELETE FROM $schema.clips WHERE id = 'crash';
		INSERT INTO $schema.campaigns (id, title) VALUES ('crash', 'Prepared') ON CONFLICT DO NOTHING;
		BEGIN;
		INSERT INTO $schema.clips (id, earnings) VALUES ('crash', 7.50);
		INSERT INTO $schema.clip_submissions (id, "campaignId", "clipId", status)
		VALUES ('crash', 'crash', 'crash', 'APPROVED');
		PREPARE TRANSACTION '$prepared_prefix$schema';
	SQL
  done
  [ $((seed % 2)) -eq 0 ] || quiet -c CHECKPOINT
}

# Of the load's own, every second is committed.
end_prepared() {
  local name commit=1
  quiet -c "COMMIT PREPARED '${prepared_prefix}stress_keyed'" -c "ROLLBACK PREPARED '${prepared_prefix}stress_loose'"
  [ "${1:-}" != ours ] || return 0
  for name in $(quiet -c "SELECT gid FROM pg_prepared_xacts WHERE starts_with(gid, '$prepared_prefix')"); do
    quiet -c "$([ $((commit ^= 1)) -eq 1 ] && echo COMMIT || echo ROLLBACK) PREPARED '$name'"
    echo "ended $name"
  done
  equals '7.50|0.00' "SELECT (SELECT spent FROM stress_keyed.campaigns WHERE id = 'crash'),
    (SELECT spent FROM stress_loose.campaigns WHERE id = 'crash')"
}

#--- crashes

point_at() { eval "$(PGDATABASE=crash scripts/cluster.sh env "$1")"; }

# A server of this script's own, so that its end is noticed where nobody collects orphans.
start_postmaster() {
  scripts/cluster.sh stop crash
  scripts/as_user.sh "$PG_BIN/postgres" -D "$BUILD/clusters/crash/data" >>"$logs/postmaster.log" 2>&1 &
  postmaster=$!
  wait_until true
}

starts_again() { scripts/cluster.sh start crash >"$logs/restart.log" 2>&1; }

# Its children end by themselves, those amid a statement somewhat later, and until then no other server starts.
restart_after_kill() {
  eventually starts_again || { cat "$logs/restart.log" >&2; fail "no server starts after its postmaster was killed"; }
}

crash_by() {
  case "$1" in
    immediate)
      scripts/cluster.sh stop crash immediate
      scripts/cluster.sh start crash
      ;;
    backend)
      kill -9 "$(quiet -c "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'stress client %'
        ORDER BY state <> 'active' LIMIT 1")"
      # All sessions are ended, then the log is replayed; only then is a new one let in.
      end_load_quietly
      wait_until true
      ;;
    postmaster)
      kill -9 "$postmaster"
      { wait "$postmaster" || true; } 2>>"$logs/postmaster.log" # bash says how it ended
      postmaster=''
      restart_after_kill
      ;;
  esac
}

# Its result is asked for later, by await_load.
end_load_quietly() {
  while kill -0 "$load" 2>/dev/null; do sleep 0.1; done
}

crash_round() {
  local kind="$1" round="$2"
  [ "$kind" != postmaster ] || start_postmaster
  # What a commit has not waited for may be lost, but no half of it.
  quiet -c "ALTER DATABASE crash SET synchronous_commit = $([ $((round % 2)) -eq 1 ] && echo on || echo off)"
  begin_load --until-cut --seconds "$uncut_seconds"
  sleep "$load_seconds"
  enough_is_written
  leave_prepared
  crash_by "$kind"
  await_load
  check "$kind $round: until the crash" ended "$load_status" "$logs/load_$seed.log"
  check "$kind $round: after recovery" agrees
  check "$kind $round: what was prepared is ended" end_prepared
  check "$kind $round: after its end" agrees
}

#--- standbys

promote() { scripts/as_user.sh "$PG_BIN/pg_ctl" promote --silent --wait --pgdata="$BUILD/clusters/crash_standby/data"; }

standby_round() {
  local primary="$1" checker checked=0 sent
  point_at crash
  case "$primary" in
    running) begin_load --seconds $((load_seconds * 3)) ;;
    killed) begin_load --until-cut --seconds "$uncut_seconds" ;;
  esac
  scripts/cluster.sh standby crash_standby crash
  point_at crash_standby
  stress --check-only --seconds $((load_seconds + 2)) >"$logs/standby_$primary.log" 2>&1 &
  checker=$!
  sleep "$load_seconds"
  check "standby of a $primary primary: it replays" equals t "SELECT pg_is_in_recovery()"

  # pg_prepared_xacts shows nothing during recovery: that they have come is told by the place in the log.
  (point_at crash && leave_prepared)
  sent="$(point_at crash && quiet -c "SELECT pg_current_wal_insert_lsn()")"
  wait_until "pg_last_wal_replay_lsn() >= '$sent'"
  if [ "$primary" = killed ]; then
    enough_is_written
    scripts/cluster.sh stop crash immediate
  fi
  promote
  check "standby of a $primary primary: at once after promotion" agrees
  [ "$primary" != running ] || (point_at crash && end_prepared ours)
  wait "$checker" || checked=$?
  check "standby of a $primary primary: every snapshot, before and after" ended "$checked" "$logs/standby_$primary.log"
  check "standby of a $primary primary: what was prepared is ended" end_prepared
  check "standby of a $primary primary: status" nothing_needs_sync
  # A running primary's writers go on beside: it takes longer until enough has happened.
  check "standby of a $primary primary: it is written on" stress --keep --seed "$seed" --seconds "$((load_seconds * 4))"
  await_load
  check "standby of a $primary primary: the primary's writers" ended "$load_status" "$logs/load_$seed.log"
  scripts/cluster.sh remove crash_standby

  scripts/cluster.sh start crash
  point_at crash
  if [ "$primary" = killed ]; then
    check "standby of a $primary primary: the primary, restarted" end_prepared
  fi
  check "standby of a $primary primary: the primary's totals" agrees
}

#--- unlogged clips

# Drift, and drift only where clips were lost: a server that does not answer is no proof of anything.
drifts_after_a_crash() {
  local log="$logs/unlogged.log"
  quiet -c "ALTER TABLE stress_loose.clips_low SET UNLOGGED" -c "ALTER TABLE stress_loose.clips_high SET UNLOGGED" \
    -c "UPDATE stress_loose.clips SET earnings = 1"
  scripts/cluster.sh stop crash immediate
  scripts/cluster.sh start crash
  if agrees >"$log" 2>&1; then
    echo "the oracle sees no drift"
    return 1
  fi
  cat "$log"
  grep -q '^DRIFT .* spent stress_loose\.' "$log"
  grep -q '; in the last one [1-9][0-9]* drifts$' "$log"
  equals 0 "SELECT count(*) FROM stress_loose.clips"
  if grep '^DRIFT .* stress_keyed\.' "$log"; then return 1; fi
}

repair_heals() {
  quiet -c "SELECT * FROM sync_all_campaigns('stress_loose.campaigns')"
  agrees
}

#--- all of it

clean_up() {
  [ -z "$load" ] || kill "$load" 2>/dev/null || true
  [ -z "$postmaster" ] || kill -INT "$postmaster" 2>/dev/null || true
  scripts/cluster.sh stop crash
  scripts/cluster.sh remove crash_standby
}

cargo build --release -p spend_sync_stress
scripts/cluster.sh remove crash
trap clean_up EXIT
scripts/cluster.sh start crash
point_at crash
createdb crash
check "the load, uncut" stress --seed "$seed" --seconds "$((load_seconds * 3))"
for ((round = 1; round <= rounds; round++)); do
  for kind in immediate backend postmaster; do
    crash_round "$kind" "$round"
  done
done
check "after all crashes it is written on" stress --keep --seed "$seed" --seconds "$((load_seconds * 3))"
standby_round running
standby_round killed
check "unlogged clips drift in a crash, and the oracle sees it" drifts_after_a_crash
check "unlogged clips: sync_all_campaigns() heals" repair_heals
finish
