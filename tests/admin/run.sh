#!/usr/bin/env bash
# the admin endpoint: its calls, its program, its page in a headless Chromium
#
# run.sh [PART...]   all unless named, on a platform of the demo's whose totals have drifted.
#
#   api      every call and every refusal, with the routes in the test's own process (admin/tests)
#   process  the program itself: that it does not start without a token, and how it ends
#   page     the page in a headless Chromium (tests/admin)
#
# The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
source "$ROOT/scripts/lib/packages.sh"
cd "$ROOT"
logs="$BUILD/log/admin"
rm -rf "$logs"
mkdir -p "$logs"
parts=("${@:-api process page}")
wants() { [[ " ${parts[*]} " == *" $1 "* ]]; }
program="${CARGO_TARGET_DIR:-target}/debug/spend-sync-admin"
export SPEND_SYNC_ADMIN_TOKEN=an-administrator-of-the-test-runs SPEND_SYNC_VIEWER_TOKEN=a-viewer-of-the-test-runs-no-more

#--- the platform

# A database that the tests copy.
make_template() {
  scripts/cluster.sh remove admin
  demo/make_platform.sh admin platform
  eval "$(scripts/cluster.sh env admin)"
  scripts/attach_for_admin.sh platform
  export TEMPLATE_URL="postgres://postgres@localhost/platform?host=$PGHOST"
}

# copy NAME   a database of its own, and DATABASE_URL for it
copy() {
  dropdb --if-exists --force "$1" 2>/dev/null
  createdb --template=platform "$1"
  export PGDATABASE="$1" DATABASE_URL="postgres://spend_sync_admin@localhost/$1?host=$PGHOST"
}

quiet() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

#--- the program

server='' address=''

# It is told a port of 0, and says which one it got.
start_server() {
  LISTEN=127.0.0.1:0 "$program" 2>"$logs/server.log" &
  server=$!
  eventually grep -q 'listening on' "$logs/server.log"
  address="$(sed -nE 's/.*listening on (http:[^ ]*).*/\1/p' "$logs/server.log")"
}

stop_server() {
  [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" || true
  server=''
}

# refuses_to_start MESSAGE VARIABLE=VALUE...
refuses_to_start() {
  local said
  if said="$(env "${@:2}" timeout 10 "$program" 2>&1)"; then
    echo "it started"
    return 1
  fi
  echo "$said"
  [[ "$said" == *"$1"* ]]
  [[ "$said" != *secret* ]]
}

call() { curl --silent --show-error --max-time 20 -H "Authorization: Bearer $SPEND_SYNC_ADMIN_TOKEN" "$@"; }
answers() { [ "$(call -o /dev/null -w '%{http_code}' "$address$1")" = "$2" ]; }
is_waiting() { [ "$(quiet -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'spend-sync-admin' AND wait_event_type = 'Lock'")" = 1 ]; }
is_refused() { ! curl --silent --max-time 5 "$address/healthz" >/dev/null; }

holds_the_campaign() { [ "$(quiet -c "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")" = 1 ]; }

# SIGTERM while a repair waits for a lock: no new request is taken, the repair is answered, and the program ends well.
# In this shell, for only a process's parent can wait for it; `ended_well` is what the check looks at.
end_amid_a_repair() {
  local holder answer status=0
  psql -X -q -c "BEGIN" -c "SELECT FROM campaigns WHERE id = 'cmultimatetestcampaign001' FOR UPDATE" -c "SELECT pg_sleep(2)" >/dev/null &
  holder=$!
  eventually holds_the_campaign
  call -X POST -d '{"campaignId":"cmultimatetestcampaign001"}' "$address/api/admin/campaigns/sync-spend" >"$logs/last_answer" &
  answer=$!
  eventually is_waiting
  kill -TERM "$server"
  eventually is_refused
  wait "$holder" "$answer" || true
  wait "$server" || status=$?
  server=''
  echo "$status" >"$logs/exit_status"
}

ended_well() {
  cat "$logs/last_answer" "$logs/server.log"
  grep -q '"newSpent":4546.32' "$logs/last_answer"
  [ "$(cat "$logs/exit_status")" = 0 ]
  [ "$(quiet -c "SELECT spent FROM campaigns WHERE id = 'cmultimatetestcampaign001'")" = 4546.32 ]
  [ "$(quiet -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'spend-sync-admin'")" = 0 ]
}

# Who asked for what is in the log; tokens and what was searched for are not.
log_is_discreet() {
  call "$address/api/admin/campaigns/sync-spend?search=looked-for" >/dev/null
  eventually grep -q 'method=GET path="/api/admin/campaigns/sync-spend".*status=200' "$logs/server.log"
  call -X POST -d '{"campaignId":"not-there\nforged line"}' "$address/api/admin/campaigns/sync-spend" >/dev/null
  if grep -E 'looked-for|no-more|test-runs|^forged' "$logs/server.log"; then return 1; fi
}

test_process() {
  copy process
  check "no start without a token" refuses_to_start "SPEND_SYNC_ADMIN_TOKEN is not set" -u SPEND_SYNC_ADMIN_TOKEN
  check "no start with a short token" refuses_to_start "has 5 characters" SPEND_SYNC_ADMIN_TOKEN=short
  check "no start without a database" refuses_to_start "DATABASE_URL is not set" -u DATABASE_URL
  check "no start where it cannot listen" refuses_to_start "cannot listen" LISTEN=192.0.2.1:80
  check "a URL that cannot be read is not repeated" refuses_to_start "cannot be read" DATABASE_URL=postgres://a:secret@b:c/d
  start_server
  check "alive" answers /healthz 200
  check "ready" answers /readyz 200
  check "the log says who asked for what, and no secrets" log_is_discreet
  end_amid_a_repair
  check "SIGTERM: the repair that runs is answered, no other request is taken" ended_well
}

#--- the page

ensure_browser() {
  [ -x /usr/bin/chromium ] || install_packages chromium
  command -v npm >/dev/null || install_packages nodejs npm
  cmp -s tests/admin/package-lock.json "$BUILD/admin/package-lock.json" && return
  rm -rf "$BUILD/admin"
  mkdir -p "$BUILD/admin"
  cp tests/admin/package.json tests/admin/package-lock.json "$BUILD/admin/"
  npm --prefix "$BUILD/admin" ci --ignore-scripts --no-audit --no-fund --silent
}

# The tests stand where their modules are found; each tells what it did in a line of its own.
test_page() {
  ensure_browser
  copy page
  start_server
  cp tests/admin/*.mjs "$BUILD/admin/"
  PAGE_ADDRESS="$address" PAGE_SERVER_LOG="$logs/server.log" PAGE_SHOTS="$logs" node --test --test-reporter=tap "$BUILD/admin/page.test.mjs" >"$logs/page.tap" 2>&1 || true
  local name
  while IFS= read -r name; do
    check "page: $name" grep -qxF "ok - $name" <(tap_results)
  done < <(tap_results | sed -E 's/^(not )?ok - //')
  [ "$(tap_results | wc -l)" -gt 0 ] || check "page: the tests run" cat_and_fail "$logs/page.tap"
  if tap_results | grep -q '^not ok'; then cat "$logs/page.tap"; fi
  stop_server
}

tap_results() { sed -nE 's/^(ok|not ok) [0-9]+ - (.*)$/\1 - \2/p' "$logs/page.tap"; }
cat_and_fail() { cat "$1"; false; }

#--- all of it

cargo build --quiet -p spend-sync-admin
trap 'stop_server; scripts/cluster.sh stop admin' EXIT
make_template
if wants api; then
  status=0
  cargo test --quiet --no-fail-fast -p spend-sync-admin 2>&1 | tee "$logs/api.log" || status=$?
  count_cargo_tests "$status" "$logs/api.log"
fi
! wants process || test_process
! wants page || test_page
finish
