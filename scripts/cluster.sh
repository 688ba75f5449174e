#!/usr/bin/env bash
# cluster.sh start NAME            a private cluster in build/clusters/NAME, made if it is not there
# cluster.sh standby NAME PRIMARY  a streaming copy of the running cluster PRIMARY, made anew from a base backup
# cluster.sh stop NAME [MODE]      MODE as for pg_ctl: fast unless said otherwise
# cluster.sh remove NAME           stops it and throws its data away
# cluster.sh psql NAME [ARG...]    psql on it
# cluster.sh env NAME              shell lines that point any client at it: eval "$(scripts/cluster.sh env demo)"
#
# It listens on a Unix socket in a folder that only its owner may enter, so `trust` trusts nobody else.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"

[ $# -ge 2 ] || fail "usage: cluster.sh start|standby|stop|remove|psql|env NAME"
verb="$1" name="$2"
shift 2
home="$BUILD/clusters/$name"
data="$home/data"
log="$home/log"
as_user() { "$ROOT/scripts/as_user.sh" "$@"; }
running() { as_user "$PG_BIN/pg_ctl" status -D "$data" >/dev/null 2>&1; }

# The cluster's own folder, or the short one in /tmp that the file `socket` remembers.
socket_directory() {
  if [ -f "$home/socket" ]; then
    cat "$home/socket"
  else
    echo "$home"
  fi
}

ensure_socket_directory() {
  if holds_socket "$home"; then
    rm -f "$home/socket"
    return
  fi
  # The remembered one may be gone: /tmp does not outlive a restart of the machine.
  if [ -f "$home/socket" ] && [ -d "$(cat "$home/socket")" ]; then
    return
  fi
  as_user mktemp -d /tmp/spend_sync.XXXXXX | as_user tee "$home/socket" >/dev/null
}

# Made beside and moved in place, so that an interrupted initdb does not pass for a cluster.
create() {
  as_user mkdir -p -m 0700 "$home"
  as_user rm -rf "$data.new"
  as_user "$PG_BIN/initdb" --pgdata="$data.new" --username=postgres --auth=trust --encoding=UTF8 --locale=C \
    --no-instructions --no-sync >"$home/initdb.log" || fail "initdb failed: see $home/initdb.log"
  settings | as_user tee -a "$data.new/postgresql.conf" >/dev/null
  as_user mv "$data.new" "$data"
}

settings() {
  cat <<-CONF
	listen_addresses = ''
	unix_socket_permissions = 0700
	max_prepared_transactions = 50
	include_if_exists = 'socket.conf'
	CONF
  # A cluster for tests may lose everything in a crash, unless that is the test; the demo shows times, and they should
  # be honest.
  case "$name" in
    demo | crash) ;;
    *) printf '%s = off\n' fsync full_page_writes ;;
  esac
}

start() {
  [ -x "$PG_BIN/postgres" ] || fail "no private PostgreSQL yet: run make setup"
  [ -f "$data/PG_VERSION" ] || create
  ! running || return 0
  ensure_socket_directory
  echo "unix_socket_directories = '$(socket_directory)'" | as_user tee "$data/socket.conf" >/dev/null
  if ! as_user "$PG_BIN/pg_ctl" start --silent --wait --pgdata="$data" --log="$log" </dev/null >/dev/null; then
    tail -n 20 "$log" >&2
    fail "the cluster $name did not start; its log is $log"
  fi
}

# It keeps the settings of its primary, but for the socket, which each start writes anew.
standby() {
  stop
  as_user rm -rf "$home"
  as_user mkdir -p -m 0700 "$home"
  (
    eval "$("$ROOT/scripts/cluster.sh" env "$1")"
    as_user "$PG_BIN/pg_basebackup" --pgdata="$data.new" --write-recovery-conf --checkpoint=fast --no-sync
  )
  as_user mv "$data.new" "$data"
  start
}

stop() {
  ! running || as_user "$PG_BIN/pg_ctl" stop --silent --wait --mode="${1:-fast}" --pgdata="$data"
  if [ -f "$home/socket" ]; then
    as_user rm -rf "$(socket_directory)" "$home/socket"
  fi
}

environment() {
  local variable
  for variable in PGHOSTADDR PGSERVICE PGOPTIONS PGPASSWORD PGPASSFILE PGDATESTYLE PGTZ PGCLIENTENCODING; do
    echo "unset $variable"
  done
  printf 'export %s=%q\n' PGHOST "$(socket_directory)" PGPORT 5432 PGUSER postgres \
    PGDATABASE "${PGDATABASE:-postgres}" PATH "$PG_BIN:$PATH"
}

case "$verb" in
  start) start ;;
  standby) [ $# -eq 1 ] || fail "usage: cluster.sh standby NAME PRIMARY"; standby "$1" ;;
  stop) stop "$@" ;;
  remove) stop; as_user rm -rf "$home" ;;
  psql) eval "$(environment)" && exec psql "$@" ;;
  env) environment ;;
  *) fail "unknown: $verb" ;;
esac
