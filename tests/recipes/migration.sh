# shellcheck shell=bash disable=SC2154
# Migration from code that adds to spent: two services, of which one is mended while both run.

# service NAME ADDS   tracks views all the time, as a role of its own; whether it adds to spent is the recipe's code
service() {
  {
    echo '\set n random(1, :approved)'
    echo 'SELECT clip, campaign FROM approved WHERE n = :n \gset'
    echo 'BEGIN;'
    if [ "$2" = adds ]; then block migration-application; else block migration-application | sed /campaigns/d; fi
    echo 'COMMIT;'
  } >"$out/$1.sql"
  PGUSER="$1" pgbench --no-vacuum --client=2 --rate=60 --time=600 --max-tries=50 --protocol=extended \
    --define=approved="$approved" --file="$out/$1.sql" >"$out/$1.log" 2>&1 &
  service=$!
}

stop_service() {
  kill "$1"
  wait "$1" || true
}
is_well() { ! grep -E 'aborted|error:' "$out/$1.log"; }

# Both write: not only the last snapshot has to agree.
agrees_meanwhile() {
  local snapshot before
  before="$(query -c 'SELECT sum(earnings) FROM clips')"
  for ((snapshot = 0; snapshot < 20; snapshot++)); do
    agrees
  done
  [ "$(query -c 'SELECT sum(earnings) FROM clips')" != "$before" ]
}

direct_writes() { query -c 'SELECT count(*) FROM direct_write'; }
more_direct_writes_than() { [ "$(direct_writes)" -gt "$1" ]; }
corrections() { query -c 'SELECT count(*) FROM spend_sync.correction'; }

# What is left to repair are campaigns that are not active: their clips are not tracked.
prepare_services() {
  query <<'SQL'
CREATE ROLE tracker LOGIN;
CREATE ROLE importer LOGIN;
GRANT SELECT, UPDATE ON clips, campaigns TO tracker, importer;
CREATE TABLE approved AS
  SELECT row_number() OVER () AS n, "clipId" AS clip, "campaignId" AS campaign FROM clip_submissions s
  WHERE status = 'APPROVED' AND NOT EXISTS (
    SELECT FROM clip_submissions other JOIN campaigns ON campaigns.id = other."campaignId"
    WHERE other."clipId" = s."clipId" AND campaigns.status <> 'ACTIVE');
ALTER TABLE approved ADD PRIMARY KEY (n);
GRANT SELECT ON approved TO tracker, importer;
SQL
  approved="$(query -c 'SELECT count(*) FROM approved')"
}

attached() { run migration-attach; }
noting() { run migration-notes; }
rejecting() { run migration-reject; }

attach() {
  run migration-index
  drifted
  eventually attached
  diff <(echo 'public.campaigns|correct') <(query -c 'SELECT campaigns, direct_writes FROM spend_sync.binding')
}

repair() {
  shows migration-repair
  agrees_meanwhile
}

# One of the two was mended, and only the other one's role and statement are noted.
watch() {
  eventually noting
  eventually more_direct_writes_than 0
  [[ "$(block migration-watch | query)" =~ ^tracker\|"UPDATE campaigns SET spent = spent + 0.25 WHERE id = "[^$'\n']*$ ]]
  agrees_meanwhile
}

no_longer_adds() {
  local before
  before="$(direct_writes) $(corrections)"
  agrees_meanwhile
  [ "$(direct_writes) $(corrections)" = "$before" ]
}

reject() {
  eventually rejecting
  shows migration-rejected
  agrees_meanwhile
  is_refused 'cannot be written directly' -c "SET ROLE tracker; UPDATE campaigns SET spent = spent + 1"
}

recipe migration drifted
prepare_services
service tracker adds
tracker=$service
service importer does_not_add
importer=$service
check "migration: index and attach, while the application writes" attach
check "migration: after the repair every snapshot agrees, though the application still adds" repair
check "migration: the service that adds is found, and its statement" watch
stop_service "$tracker"
check "migration: the mended service leaves nothing" no_longer_adds
check "migration: direct writes are refused, and the mended service goes on" reject
stop_service "$importer"
check "migration: no service ever saw an error" is_well tracker
check "migration: nor did the mended one" is_well importer
