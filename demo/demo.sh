#!/usr/bin/env bash
# The extension's main job on a private cluster, step by step: each step shows the SQL that it runs and what psql answers.
# Ends with an error if any total differs from a plain sum at any step where it must not.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/paths.sh"
cd "$ROOT"

bold='' dim='' plain=''
if [ -t 1 ]; then
  bold=$'\e[1m' dim=$'\e[36m' plain=$'\e[0m'
fi

heading() { printf '\n%s== %s%s\n\n' "$bold" "$*" "$plain"; }
quiet() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

# Shows the SQL on standard input, then runs it.
show() {
  local sql
  sql="$(cat)"
  printf '%s%s%s\n' "$dim" "    ${sql//$'\n'/$'\n'    }" "$plain"
  psql -X -v ON_ERROR_STOP=1 -P pager=off -P footer=on <<<"$sql"
}

# Every total against the plain sum; a demonstration that goes on after a wrong one would be none.
agree() {
  local wrong
  wrong="$(quiet -f demo/oracle.sql)"
  if [ -n "$wrong" ]; then
    printf 'WRONG: these totals are not the sum of their approved clips:\n%s\n' "$wrong" >&2
    exit 1
  fi
  printf '%s-> all %s totals equal the plain sum of their approved clips%s\n' "$bold" \
    "$(quiet -c 'SELECT count(*) FROM campaigns')" "$plain"
}

expect() {
  [ "$2" = "$3" ] || { echo "WRONG: $1 is '$2', expected '$3'" >&2; exit 1; }
}

make_platform() {
  demo/make_platform.sh demo demo
  eval "$(scripts/cluster.sh env demo)"
  export PGDATABASE=demo
}

attach_and_preview() {
  heading "Attach: bind the tables in an instant, change no total yet"
  show <<'SQL'
CREATE EXTENSION spend_sync;
SELECT * FROM spend_sync_attach(sync => false) \gx
SQL
  heading "Preview: which totals are wrong, and by how much"
  show <<'SQL'
SELECT title, recorded_spent, actual_spent, difference, approved_clips
FROM spend_sync_status() WHERE needs_sync;

SELECT jsonb_pretty(spend_sync_report() -> 'summary') AS summary;
SQL
  expect "the test campaign's difference" \
    "$(quiet -c "SELECT difference FROM spend_sync_status() WHERE title = 'Ultimate Test Campaign'")" 1470.39
}

follow_advice() {
  heading "Advice: what would make it slow or wrong"
  show <<'SQL'
SELECT * FROM spend_sync_check() \gx
SQL
  heading "Follow it: \\gexec runs the advice, which is SQL"
  show <<'SQL'
SELECT advice FROM spend_sync_check() WHERE problem LIKE 'no index%' \gexec
SELECT * FROM spend_sync_check();
SQL
}

repair() {
  heading "Repair one campaign"
  show <<'SQL'
SELECT * FROM sync_campaign('cmultimatetestcampaign001') \gx
SQL
  expect "the test campaign's spent" "$(quiet -c "SELECT spent FROM campaigns WHERE title = 'Ultimate Test Campaign'")" 4546.32
  heading "Repair all: here only those that changed"
  show <<'SQL'
SELECT title, old_spent, new_spent, difference FROM sync_all_campaigns() WHERE difference <> 0;
SQL
  agree
}

track_views() {
  local started clips
  clips="$(quiet -c 'SELECT count(*) FROM clips')"
  heading "View tracking, clip by clip: each clip's views and earnings rewritten in a transaction of its own"
  started="$(date +%s%N)"
  show <<'SQL' | sed '/^UPDATE 1$/d'
SELECT format('UPDATE clips SET views = %s, earnings = %s WHERE id = %L',
              views + 1000, coalesce(earnings, 0) + 0.75, id)
FROM clips ORDER BY id \gexec
SQL
  elapsed "$clips clips in $clips transactions" "$started"
  agree
  heading "View tracking, as one batch: every clip in one statement"
  started="$(date +%s%N)"
  show <<'SQL'
UPDATE clips SET views = round(views * 1.03), earnings = round(earnings * 1.03, 2);
SQL
  elapsed "$clips clips in 1 transaction" "$started"
  agree
}

elapsed() {
  local milliseconds=$((($(date +%s%N) - $2) / 1000000))
  printf '%s in %d.%03d s\n' "$1" $((milliseconds / 1000)) $((milliseconds % 1000))
}

review() {
  heading "Approvals and rejections: a campaign's spent moves with each decision"
  show <<'SQL'
SELECT spent AS before FROM campaigns WHERE title = 'Ultimate Test Campaign';

UPDATE clip_submissions SET status = 'APPROVED'
WHERE "campaignId" = 'cmultimatetestcampaign001' AND status = 'PENDING';
SELECT spent AS after_approvals FROM campaigns WHERE title = 'Ultimate Test Campaign';

UPDATE clip_submissions SET status = 'REJECTED', "rejectionReason" = 'bought views'
WHERE "campaignId" = 'cmultimatetestcampaign001' AND status = 'APPROVED' AND "clipId" IN
  (SELECT id FROM clips WHERE earnings > 140);
SELECT spent AS after_rejections FROM campaigns WHERE title = 'Ultimate Test Campaign';
SQL
  agree
}

# While the writers write, a reader takes one snapshot after another: each has to agree, not only the last.
write_together() {
  local writers snapshots=0 disagreed=0 wrong
  heading "Four writers at once, on the same three campaigns, while a reader compares each snapshot with the plain sum"
  local command=(pgbench --no-vacuum --client=4 --jobs=2 --transactions=500 --random-seed=42 --max-tries=50
    --file=demo/writers/track.sql@3 --file=demo/writers/review.sql@2 --file=demo/writers/both.sql@1)
  printf '%s    %s%s\n\n' "$dim" "${command[*]}" "$plain"
  PGOPTIONS='-c deadlock_timeout=50ms' "${command[@]}" >"$BUILD/log/demo_writers.log" 2>&1 &
  writers=$!
  while kill -0 "$writers" 2>/dev/null; do
    wrong="$(quiet -f demo/oracle.sql)"
    snapshots=$((snapshots + 1))
    [ -z "$wrong" ] || disagreed=$((disagreed + 1))
  done
  wait "$writers" || { cat "$BUILD/log/demo_writers.log" >&2; exit 1; }
  grep -E '^(number of (clients|transactions)|tps)' "$BUILD/log/demo_writers.log"
  printf 'snapshots read meanwhile: %d, of which disagreed: %d\n' "$snapshots" "$disagreed"
  expect "the number of snapshots that disagreed" "$disagreed" 0
  agree
}

roll_back() {
  heading "A transaction that is rolled back: right inside, and nothing of it left behind"
  show <<'SQL'
SELECT spent AS before FROM campaigns WHERE title = 'Ultimate Test Campaign';
BEGIN;
UPDATE clips SET earnings = earnings * 2;
SELECT spent AS inside FROM campaigns WHERE title = 'Ultimate Test Campaign';
ROLLBACK;
SELECT spent AS after FROM campaigns WHERE title = 'Ultimate Test Campaign';
SQL
  agree
}

final_status() {
  heading "At the end: the status, and the plain sum, which knows nothing of the extension"
  show <<'SQL'
SELECT count(*) AS campaigns, count(*) FILTER (WHERE needs_sync) AS differ,
       sum(recorded_spent) AS recorded, sum(actual_spent) AS actual
FROM spend_sync_status();
SQL
  expect "the number of totals that differ" "$(quiet -c 'SELECT count(*) FROM spend_sync_status() WHERE needs_sync')" 0
  sed '/^--/d' demo/oracle.sql | show
  agree
}

mkdir -p "$BUILD/log"
heading "A platform: its own tables, made by its own ORM, on a private PostgreSQL that listens on a Unix socket only"
make_platform
show <<'SQL'
SELECT (SELECT count(*) FROM campaigns) AS campaigns, (SELECT count(*) FROM clips) AS clips,
       (SELECT count(*) FROM clip_submissions) AS submissions,
       (SELECT count(*) FROM clip_submissions WHERE status = 'APPROVED') AS approved;
SQL
attach_and_preview
follow_advice
repair
track_views
review
write_together
roll_back
final_status

cat <<TEXT

Nothing differs. The cluster is still running:

    make demo-psql     opens psql on this database
    make demo-stop     stops it
    make demo          starts over with fresh tables
TEXT
