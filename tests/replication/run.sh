#!/usr/bin/env bash
# logical replication onto a subscriber that has the extension
#
# What arrives, what drifts, and with which triggers the subscriber keeps totals of its own (docs/operations.md says which
# to use when). The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
cd "$ROOT"
sql=tests/replication
mkdir -p "$BUILD/log"

# Room for a subscription, and the workers of its initial copy, for each case.
settings() {
  printf 'ALTER SYSTEM SET %s;\n' 'wal_level = logical' max_{replication_slots,wal_senders,worker_processes}' = 40' \
    'max_logical_replication_workers = 30' 'max_sync_workers_per_subscription = 3'
}

for cluster in publisher subscriber; do
  scripts/cluster.sh remove "replication_$cluster"
done
trap 'for cluster in subscriber publisher; do scripts/cluster.sh stop "replication_$cluster"; done' EXIT
for cluster in publisher subscriber; do
  scripts/cluster.sh start "replication_$cluster"
  settings | scripts/cluster.sh psql "replication_$cluster" -X -q
  scripts/cluster.sh stop "replication_$cluster"
  scripts/cluster.sh start "replication_$cluster"
done
eval "$(scripts/cluster.sh env replication_publisher)"
publisher_host="$PGHOST"
eval "$(scripts/cluster.sh env replication_subscriber)"
subscriber_host="$PGHOST"
export PGDATABASE=

query() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
publisher() { PGHOST="$publisher_host" query -d "$case" "$@"; }
subscriber() { PGHOST="$subscriber_host" query -d "$case" "$@"; }

# The same database on both sides; the subscriber has the extension.
create() {
  case="$1"
  for host in "$publisher_host" "$subscriber_host"; do
    PGHOST="$host" createdb "$case"
    PGHOST="$host" query -d "$case" -f "$sql/platform.sql"
  done
  publisher -f "$sql/rows.sql"
  subscriber -c "CREATE EXTENSION spend_sync"
}

attach() { "$1" -c "SELECT FROM spend_sync_attach(direct_writes => '${2:-correct}')"; }

subscribe() {
  publisher -c "CREATE PUBLICATION $case FOR TABLE $1"
  subscriber -c "CREATE SUBSCRIPTION $case CONNECTION 'host=$publisher_host port=$PGPORT user=$PGUSER dbname=$case' PUBLICATION $case" 2>/dev/null
  wait_until "NOT EXISTS (SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r')"
}

# enable_always TABLES TRIGGER...
# Row triggers of the total of campaigns (or $campaigns) that fire in apply too. Statement triggers never do, but for TRUNCATE: the totals are
# brought up at commit.
enable_always() {
  local table trigger tables="$1"
  shift
  for table in $tables; do
    for trigger in "$@"; do
      subscriber -c "ALTER TABLE $table ENABLE ALWAYS TRIGGER spend_sync_${campaigns:-campaigns}_$trigger"
    done
  done
}

is_true() { [ "$(subscriber -c "SELECT $1")" = t ]; }
wait_until() { eventually is_true "$1"; }

# replayed LSN
replayed() {
  [ "$(publisher -c "SELECT count(*) FROM pg_stat_replication WHERE application_name = '$case' AND replay_lsn >= '$1'")" = 1 ]
}
caught_up() { eventually replayed "$(publisher -c 'SELECT pg_current_wal_lsn()')"; }

drifts() { "$1" -c 'SELECT count(*) FROM drifted'; }
agrees() { [ "$(drifts "$1")" = 0 ] || { "$1" -c 'TABLE drifted'; return 1; }; }
status_shows() { [ "$(subscriber -c 'SELECT count(*) FROM spend_sync_status() WHERE needs_sync')" = "$1" ]; }

# Snapshots of the subscriber, one after another, until the file named is there: how many totals are wrong, and what the
# clips sum to, which tells one applied transaction from the next.
watch_snapshots() {
  while [ ! -e "$1" ]; do
    echo 'SELECT (SELECT count(*) FROM drifted), (SELECT sum(earnings) FROM clips);'
    sleep 0.01
  done | subscriber
}

# Writers of several tables may end in a deadlock where they meet: tried again, as an application would.
retry() {
  local attempt
  for attempt in 1 2 3 4 5; do
    ! "$@" || return 0
  done
  return 1
}

# Three writers at once; the many small transactions of one are what a snapshot can fall between.
write_concurrently() {
  local writer writers=()
  retry publisher -c "UPDATE clips SET earnings = earnings + $1" &
  writers+=($!)
  retry publisher -f "$sql/writes.sql" &
  writers+=($!)
  retry publisher -f "$sql/steps.sql" &
  writers+=($!)
  for writer in "${writers[@]}"; do wait "$writer" || return 1; done
}

# Every snapshot, while the publisher writes and the subscriber applies.
writes_agree_all_along() {
  local round watcher watched="$BUILD/log/replication.$case"
  rm -f "$watched.stop"
  watch_snapshots "$watched.stop" >"$watched" &
  watcher=$!
  # However this ends, so does the watcher.
  trap "touch '$watched.stop'" EXIT
  for round in 1 2 3; do
    write_concurrently "$round"
  done
  caught_up
  touch "$watched.stop"
  wait "$watcher"
  snapshots_agree "$watched"
  agrees subscriber
  [ "$(subscriber -c 'SELECT sum(earnings) FROM clips')" = "$(publisher -c 'SELECT sum(earnings) FROM clips')" ]
}

# They agree, and they are of many states: snapshots of a subscriber that has nothing to apply would show nothing.
snapshots_agree() {
  local states
  if grep -v '^0|' "$1"; then
    echo "these snapshots disagreed, of $(wc -l <"$1")"
    return 1
  fi
  states="$(sort -u "$1" | wc -l)"
  [ "$states" -ge 10 ] || { echo "only $states states were seen"; return 1; }
}

#--- the publisher keeps the totals, and sends them

totals_are_sent() {
  create sent
  publisher -c "CREATE EXTENSION spend_sync"
  attach publisher
  attach subscriber
  subscribe 'campaigns, clips, clip_submissions'
  agrees subscriber
  publisher -f "$sql/writes.sql"
  caught_up
  agrees publisher
  agrees subscriber
  [ "$(subscriber -c "SELECT count(*) FROM spend_sync.correction WHERE found_by <> 'attach'")" = 0 ]
}

writes_of_the_subscriber_are_kept() {
  case=sent
  subscriber -c "UPDATE clips SET earnings = earnings + 1"
  agrees subscriber
}

#--- only clips and submissions are sent

without_triggers_it_drifts() {
  create quiet
  subscriber -c "INSERT INTO campaigns SELECT n, 'Campaign ' || n FROM generate_series(1, 5) n"
  attach subscriber
  subscribe 'clips, clip_submissions'
  publisher -f "$sql/writes.sql"
  caught_up
  [ "$(drifts subscriber)" = 5 ]
  status_shows 5
}

repair_heals() {
  case=quiet
  subscriber -c "SELECT FROM sync_all_campaigns()"
  agrees subscriber
  status_shows 0
}

always_triggers_keep_them() {
  create live
  subscriber -c "INSERT INTO campaigns SELECT n, 'Campaign ' || n FROM generate_series(1, 5) n"
  attach subscriber
  enable_always 'clips clip_submissions' row
  subscribe 'clips, clip_submissions'
  agrees subscriber
  status_shows 0
  writes_agree_all_along
  [ "$(subscriber -c 'SELECT count(*) FROM campaigns WHERE spent > 0')" = 5 ]
}

always_survives_a_new_attach() {
  case=live
  attach subscriber
  publisher -c "UPDATE clips SET earnings = earnings + 3"
  caught_up
  agrees subscriber
  [ "$(subscriber -c "SELECT count(*) FROM pg_trigger WHERE tgenabled = 'A'")" = 2 ]
}

truncate_is_seen() {
  case=live
  enable_always 'clips clip_submissions' begin flush
  publisher -c "TRUNCATE clip_submissions"
  caught_up
  agrees subscriber
  [ "$(subscriber -c 'SELECT count(*) FROM clip_submissions')" = 0 ]
}

# The publisher truncates partitions, which have statement triggers of their own.
truncate_of_partitions_is_seen() {
  create parted
  for side in publisher subscriber; do
    $side -c "DROP VIEW drifted" -c "ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey" -c "ALTER TABLE clips RENAME TO plain" \
      -c "CREATE TABLE clips (LIKE plain INCLUDING ALL) PARTITION BY RANGE (id)" \
      -c "CREATE TABLE clips_1 PARTITION OF clips FOR VALUES FROM (0) TO (20)" \
      -c "CREATE TABLE clips_2 PARTITION OF clips FOR VALUES FROM (20) TO (100)" -c "INSERT INTO clips TABLE plain" -c "DROP TABLE plain"
  done
  subscriber -c "INSERT INTO campaigns SELECT n FROM generate_series(1, 5) n"
  subscriber -c "SELECT FROM spend_sync_attach(submission_clip => 'clip_id')"
  enable_always 'clips clip_submissions' row begin flush
  subscribe 'clips, clip_submissions'
  caught_up
  is_true "sum(spent) > 0 AND (SELECT count(*) FILTER (WHERE needs_sync) FROM spend_sync_status()) = 0 FROM campaigns" || return 1
  publisher -c "TRUNCATE clips"
  caught_up
  is_true "(SELECT count(*) FROM clips) = 0 AND sum(spent) = 0 FROM campaigns"
}

# Apply truncates without asking whether events wait on the table.
truncate_after_a_write_is_seen() {
  case=$1
  publisher -c "BEGIN; INSERT INTO clips VALUES (9001, 7); UPDATE clips SET earnings = earnings + 1; TRUNCATE clips CASCADE; COMMIT"
  publisher -c "INSERT INTO clips VALUES (9002, 8)"
  caught_up
  [ "$(subscriber -c "SELECT string_agg(id::text, ' ') FROM clips")" = 9002 ]
}

truncate_after_a_write_agrees() {
  truncate_after_a_write_is_seen live
  agrees subscriber
}

# The first rows that a worker applies are brought up with all of their transaction, as those of later ones.
young_workers_show_the_truth() {
  create young
  attach subscriber
  enable_always 'clips clip_submissions' row begin flush
  subscriber -c "INSERT INTO campaigns SELECT n, 'Campaign ' || n FROM generate_series(1, 5) n"
  subscribe 'clips, clip_submissions'
  caught_up
  agrees subscriber
  subscriber -c "DO \$\$ BEGIN EXECUTE format('ALTER TABLE campaigns ADD CHECK (id <> 2 OR spent <= %s)', spent) FROM campaigns WHERE id = 2; END \$\$"
  subscriber -c "SELECT pg_terminate_backend(pid) FROM pg_stat_subscription WHERE subname = 'young'" >/dev/null
  publisher -c "UPDATE clips SET earnings = 12 - earnings WHERE id IN (1, 11)"
  caught_up
  agrees subscriber
}

# Rows that hold what they add, without clips: one transaction after another, and a sum of rows that came before their campaign.
lines_agree() {
  is_true "bool_and(spent = (SELECT coalesce(sum(amount), 0) FROM lines WHERE campaign = c.id AND kind = 'PAID')) AND sum(spent) <> 0 FROM campaigns c"
}

direct_sources_are_applied() {
  create direct
  for side in publisher subscriber; do
    $side -c "CREATE TABLE lines (id int PRIMARY KEY, campaign int, amount numeric(10,2), kind text)" -c "CREATE INDEX ON lines (campaign)"
  done
  publisher -c "INSERT INTO lines SELECT n, n % 6 + 1, n, CASE WHEN n % 3 > 0 THEN 'PAID' END FROM generate_series(1, 60) n"
  subscriber -c "INSERT INTO campaigns SELECT n, 'Campaign ' || n FROM generate_series(1, 5) n"
  subscriber -c "SELECT FROM spend_sync_attach(clips => NULL, submissions => 'lines', submission_campaign => 'campaign', earnings => 'amount',
                                               status => 'kind', approved => '{PAID}')"
  enable_always lines row begin flush
  subscribe lines
  caught_up
  lines_agree
  publisher -c "UPDATE lines SET amount = amount + 1" -c "UPDATE lines SET kind = 'PAID' WHERE id = 3" \
    -c "BEGIN; DELETE FROM lines WHERE id < 10; UPDATE lines SET campaign = 2 WHERE campaign = 1; INSERT INTO lines VALUES (1, 6, 7, 'PAID'), (2, 3, 7, 'PAID'); COMMIT"
  caught_up
  lines_agree
  subscriber -c "INSERT INTO campaigns VALUES (6)"
  publisher -c "UPDATE lines SET amount = amount - 2"
  caught_up
  lines_agree
  publisher -c "BEGIN; UPDATE lines SET amount = 5; TRUNCATE lines; INSERT INTO lines VALUES (1, 6, 7, 'PAID'); COMMIT"
  caught_up
  lines_agree
}

# Known by tenant and number: clips are partitioned by the tenant.
tenants_agree() {
  is_true "count(*) = 6 AND sum(spent) <> 0 AND bool_and(spent = (SELECT coalesce(sum(k.fee), 0) FROM entries e
             JOIN pieces k ON (k.tenant, k.no) = (e.tenant, e.piece) WHERE (e.tenant, e.deal) = (d.tenant, d.no) AND e.counts)) FROM deals d"
}

keys_of_several_columns_are_applied() {
  create tenants
  for side in publisher subscriber; do
    $side -c "CREATE TABLE deals (tenant int, no text, spent numeric(10,2) NOT NULL DEFAULT 0, PRIMARY KEY (tenant, no))" \
      -c "CREATE TABLE pieces (tenant int, no int, fee numeric(10,2), PRIMARY KEY (tenant, no)) PARTITION BY LIST (tenant)" \
      -c "CREATE TABLE pieces_1 PARTITION OF pieces FOR VALUES IN (1)" -c "CREATE TABLE pieces_2 PARTITION OF pieces FOR VALUES IN (2)" \
      -c "CREATE TABLE entries (id int PRIMARY KEY, tenant int, deal text, piece int, counts boolean)" \
      -c "CREATE INDEX ON entries (tenant, deal)" -c "CREATE INDEX ON entries (tenant, piece)"
  done
  publisher -c "INSERT INTO pieces SELECT n % 2 + 1, n, n FROM generate_series(1, 30) n" \
    -c "INSERT INTO entries SELECT n, n % 2 + 1, n % 3, n, n % 5 > 0 FROM generate_series(1, 30) n"
  subscriber -c "INSERT INTO deals SELECT tenant, no FROM generate_series(1, 2) tenant, generate_series(0, 2) no"
  subscriber -c "SELECT FROM spend_sync_attach('deals', 'pieces', 'entries', submission_campaign => '{tenant,deal}',
                                               submission_clip => '{tenant,piece}', earnings => 'fee', status => 'counts')"
  campaigns=deals enable_always 'pieces entries' row begin flush
  subscribe 'pieces, entries'
  caught_up
  tenants_agree
  publisher -c "UPDATE pieces SET fee = fee + 1" -c "UPDATE entries SET counts = NOT counts WHERE id < 9" \
    -c "BEGIN; DELETE FROM pieces WHERE no < 4; UPDATE pieces SET no = 100 + no WHERE no < 8; UPDATE entries SET deal = '0' WHERE id > 20; COMMIT" \
    -c "UPDATE pieces SET tenant = 3 - tenant WHERE no = 12" -c "UPDATE entries SET tenant = 3 - tenant WHERE piece IN (12, 14)"
  caught_up
  tenants_agree
}

the_check_takes_them_for_healthy() {
  case=live
  [ -z "$(subscriber -c "SELECT * FROM spend_sync_check() WHERE severity = 'error'")" ]
}

#--- all is sent, and the subscriber keeps totals too

both_keep_them() {
  create twofold
  publisher -c "CREATE EXTENSION spend_sync"
  attach publisher
  attach subscriber
  enable_always 'campaigns clips clip_submissions' row flush
  enable_always campaigns keep
  subscribe 'campaigns, clips, clip_submissions'
  writes_agree_all_along
  agrees publisher
  # The initial copy brings totals before what they are sums of: they are kept away, as all that arrive.
  [ "$(subscriber -c "SELECT count(*) FROM spend_sync.correction")" = 0 ]
}

# Where all triggers fire always a total that went wrong at the publisher is not taken over.
wrong_totals_do_not_spread() {
  case=twofold
  publisher -c "SET session_replication_role = replica; UPDATE campaigns SET spent = 1 WHERE id = 2"
  caught_up
  [ "$(drifts publisher)" = 1 ]
  agrees subscriber
  publisher -c "SELECT FROM sync_all_campaigns()"
  caught_up
  agrees publisher
  agrees subscriber
}

# A total that arrives is a direct write; to reject it would stop apply for good.
rejecting_does_not_stop_it() {
  create reject
  attach subscriber reject
  enable_always 'campaigns clips clip_submissions' row flush
  enable_always campaigns keep
  publisher -c "UPDATE campaigns SET spent = 7"
  publisher -c "CREATE PUBLICATION reject FOR TABLE campaigns"
  subscriber -c "CREATE SUBSCRIPTION reject CONNECTION 'host=$publisher_host port=$PGPORT user=$PGUSER dbname=reject' PUBLICATION reject" 2>/dev/null
  wait_until "count(*) = 5 FROM campaigns"
  publisher -c "UPDATE campaigns SET spent = 8"
  caught_up
  agrees subscriber
  [ "$(subscriber -c 'SELECT sum(spent) FROM campaigns')" = 0.00 ]
}

# The extension's own tables are sent on with the others: apply goes on, and old rows of the log can be deleted.
all_tables_are_published() {
  create everything
  publisher -c "CREATE EXTENSION spend_sync"
  for side in publisher subscriber; do
    attach "$side"
  done
  enable_always 'campaigns clips clip_submissions' row flush
  enable_always campaigns keep
  publisher -c "CREATE PUBLICATION everything FOR ALL TABLES"
  subscriber -c "CREATE SUBSCRIPTION everything CONNECTION 'host=$publisher_host port=$PGPORT user=$PGUSER dbname=everything' PUBLICATION everything" 2>/dev/null
  wait_until "NOT EXISTS (SELECT FROM pg_subscription_rel WHERE srsubstate <> 'r')"
  for side in publisher subscriber; do
    "$side" -c "SET session_replication_role = replica; UPDATE campaigns SET spent = 1"
    "$side" -c "SELECT FROM sync_all_campaigns()"
  done
  publisher -f "$sql/writes.sql"
  publisher -c "DELETE FROM spend_sync.correction"
  publisher -c "INSERT INTO spend_sync.large_campaign SELECT 'campaigns', id, 10000, now(), 3 FROM campaigns"
  publisher -c "UPDATE clips SET earnings = earnings + 1"
  caught_up
  agrees publisher
  agrees subscriber
  [ "$(publisher -c 'SELECT count(*) > 0 FROM spend_sync.large_campaign')" = t ]
}

check "totals kept by the publisher arrive" totals_are_sent
check "... and writes of the subscriber's own are kept there" writes_of_the_subscriber_are_kept
check "clips and submissions alone: totals drift, the status shows it" without_triggers_it_drifts
check "... and repair heals them" repair_heals
check "... a write and TRUNCATE in one transaction" truncate_after_a_write_is_seen quiet
check "clips and submissions alone, row triggers always: every snapshot agrees" always_triggers_keep_them
check "... also after attaching again" always_survives_a_new_attach
check "... also after TRUNCATE" truncate_is_seen
check "... also after a write and TRUNCATE in one transaction" truncate_after_a_write_agrees
check "... also after TRUNCATE of a partitioned table" truncate_of_partitions_is_seen
check "... also what a worker applies first" young_workers_show_the_truth
check "... also rows that hold what they add, without clips" direct_sources_are_applied
check "... also keys of several columns" keys_of_several_columns_are_applied
check "... and the check has no complaint" the_check_takes_them_for_healthy
check "all tables, both sides keep totals: every snapshot agrees" both_keep_them
check "... and a total that went wrong at the publisher stays there" wrong_totals_do_not_spread
check "a subscriber that rejects direct writes keeps totals that arrive away, and goes on" rejecting_does_not_stop_it
check "a publication for all tables: apply goes on, and the log can be pruned" all_tables_are_published
finish
