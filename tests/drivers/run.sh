#!/usr/bin/env bash
# through psycopg, node-postgres, Prisma, JDBC, tokio-postgres, sqlx, PgBouncer
#
# run.sh [CLIENT...]   what applications do through the clients they have: psycopg, node, prisma, jdbc,
# tokio_postgres, sqlx, pgbouncer (in transaction mode); all unless named. Each has a database of its own, and connects
# as in production: by TCP, with a password, as an ordinary role.
# The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
source "$ROOT/scripts/lib/packages.sh"
cd "$ROOT"
tests="$ROOT/tests/drivers"
home="$BUILD/drivers"
log="$BUILD/log/drivers"
mkdir -p "$home" "$log"
jdbc_driver=/usr/share/java/postgresql.jar
export PYTHONDONTWRITEBYTECODE=yes # nothing is written beside the sources

#--- what the clients need

# made_from DIRECTORY FILE...   true if it was made from just these files; remember_made says so of it.
made_from() { cat "${@:2}" | cmp -s - "$1/made_from"; }
remember_made() { cat "${@:2}" >"$1/made_from"; }

ensure_psycopg() {
  local wanted="$tests/python/requirements.txt"
  python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
  ! made_from "$home/python" "$wanted" || return 0
  rm -rf "$home/python"
  python3 -m venv "$home/python"
  "$home/python/bin/pip" --quiet --disable-pip-version-check install --requirement "$wanted"
  remember_made "$home/python" "$wanted"
}

# The programs are copied to where node finds their packages. No package runs a script of its own.
ensure_node() {
  local wanted=("$tests"/node/package.json "$tests"/node/package-lock.json "$tests"/node/schema.prisma)
  { command -v node && command -v npm; } >/dev/null || install_packages nodejs npm
  mkdir -p "$home/node"
  cp "$tests"/node/* "$home/node/"
  ! made_from "$home/node" "${wanted[@]}" || return 0
  (cd "$home/node" && npm ci --ignore-scripts --no-audit --no-fund && generate_prisma_client) >"$log/npm.out" 2>&1 ||
    { cat "$log/npm.out" && fail "npm could not install the packages of tests/drivers/node"; }
  remember_made "$home/node" "${wanted[@]}"
}

# The client's engine is WebAssembly, and in its packages. For migrations, which nobody makes here, `prisma generate`
# would fetch another: it takes any program for that one. The URL is not connected to.
generate_prisma_client() {
  DATABASE_URL=postgresql:// PRISMA_SCHEMA_ENGINE_BINARY="$(type -P true)" PRISMA_HIDE_UPDATE_MESSAGE=1 \
    CHECKPOINT_DISABLE=1 npx prisma generate --no-hints
}
ensure_prisma() { ensure_node; }

ensure_jdbc() {
  command -v javac >/dev/null || install_packages default-jdk-headless
  install_packages libpostgresql-jdbc-java
  mkdir -p "$home/java"
  ! made_from "$home/java" "$tests"/java/*.java || return 0
  javac -d "$home/java" -cp "$jdbc_driver" "$tests"/java/*.java
  remember_made "$home/java" "$tests"/java/*.java
}

ensure_tokio_postgres() { cargo build -p spend_sync_drivers; }
ensure_sqlx() { ensure_tokio_postgres; }

ensure_pgbouncer() {
  unpack_packages pgbouncer libevent-2.1-7 libc-ares2
  ensure_psycopg
  ensure_node
}

#--- the servers

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
as_superuser() { PGHOST="$socket" PGUSER=postgres psql -X -q -v ON_ERROR_STOP=1 "$@"; }
# Without a reader that ends early: a pipe would break.
random_password() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

start_cluster() {
  scripts/cluster.sh start drivers
  eval "$(scripts/cluster.sh env drivers)"
  socket="$PGHOST"
}

# A server that also listens on a port of its own, where it asks for a password.
start_server() {
  server_port="$(free_port)" password="$(random_password)"
  scripts/cluster.sh remove drivers
  start_cluster
  as_superuser -v password="$password" -v port="$server_port" -f "$tests/roles.sql"
  printf '%s\n' 'local all postgres trust' 'host all app 127.0.0.1/32 scram-sha-256' |
    scripts/as_user.sh tee "$BUILD/clusters/drivers/data/pg_hba.conf" >/dev/null
  scripts/cluster.sh stop drivers
  start_cluster
  export PGHOST=127.0.0.1 PGPORT="$server_port" PGUSER=app PGPASSWORD="$password"
}

# One for each client, all from one template; Prisma's has the tables of the demo.
create_databases() {
  local database
  as_superuser -d postgres -c 'CREATE DATABASE platforms OWNER app'
  as_superuser -d platforms -f "$tests/platforms.sql" >/dev/null
  for database in psycopg node jdbc tokio_postgres sqlx pooled pooled_node; do
    as_superuser -d postgres -c "CREATE DATABASE $database TEMPLATE platforms OWNER app"
  done
  as_superuser -d postgres -c 'CREATE DATABASE prisma OWNER app'
  as_superuser -d prisma -f "$tests/extension.sql"
  psql -X -q -v ON_ERROR_STOP=1 -d prisma -f demo/schema.sql -f "$tests/node/prisma.sql" >/dev/null
}

folder_of() { dirname "$(find "$PACKAGES/$1" -name "$2" | head -n 1)"; }
pgbouncer_answers() { PGPORT="$pooled_port" psql -X -q -d pooled -c 'SELECT' >/dev/null 2>&1; }

start_pgbouncer() {
  local directory="$BUILD/clusters/pgbouncer" file
  pooled_port="$(free_port)"
  scripts/as_user.sh rm -rf "$directory"
  scripts/as_user.sh mkdir -p -m 0700 "$directory"
  for file in pgbouncer.ini userlist.txt; do
    sed "s|@port@|$server_port|; s|@listen_port@|$pooled_port|; s|@directory@|$directory|; s|@password@|$password|" \
      "$tests/pgbouncer/$file" | scripts/as_user.sh tee "$directory/$file" >/dev/null
  done
  LD_LIBRARY_PATH="$(folder_of libevent-2.1-7 libevent-2.1.so.7):$(folder_of libc-ares2 libcares.so.2)" \
    scripts/as_user.sh "$PACKAGES/pgbouncer/usr/sbin/pgbouncer" "$directory/pgbouncer.ini" >"$log/pgbouncer.out" 2>&1 &
  pgbouncer_pid=$!
  eventually pgbouncer_answers || { cat "$log/pgbouncer.out" && fail "PgBouncer did not start"; }
}

stop_servers() {
  [ -z "${pgbouncer_pid:-}" ] || kill "$pgbouncer_pid" 2>/dev/null || true
  scripts/cluster.sh stop drivers
}

#--- the clients

# runs DATABASE COMMAND...   counts the checks of a program, which has to say at its end that it got there.
runs() {
  local output="$log/$1.out" status=0 failed
  PGDATABASE="$1" timeout 300 "${@:2}" 2>&1 | tee "$output" || status=$?
  failed="$(grep -c '^FAILED ' "$output" || true)"
  if [ "$failed" -eq 0 ] &&
    { [ "$status" -ne 0 ] || ! tail -n 1 "$output" | grep -q ' checks passed, 0 failed$'; }; then
    echo "FAILED  ${*:2}: ended with status $status before its last check"
    failed=1
  fi
  checks_passed=$((checks_passed + $(grep -c '^ok ' "$output" || true)))
  checks_failed=$((checks_failed + failed))
}

run_psycopg() { runs psycopg "$home/python/bin/python" "$tests/python/psycopg_story.py"; }
run_node() { runs node node "$home/node/pg_story.js"; }
run_prisma() { runs prisma node "$home/node/prisma_story.js"; }
run_jdbc() { runs jdbc java -cp "$jdbc_driver:$home/java" drivers.JdbcStory; }
run_tokio_postgres() { runs tokio_postgres cargo run --quiet -p spend_sync_drivers -- tokio-postgres; }
run_sqlx() { runs sqlx cargo run --quiet -p spend_sync_drivers -- sqlx; }

run_pgbouncer() {
  start_pgbouncer
  export PGPORT="$pooled_port" DRIVERS_POOLED=yes
  runs pooled "$home/python/bin/python" "$tests/python/psycopg_story.py"
  runs pooled "$home/python/bin/python" "$tests/python/pgbouncer_story.py"
  runs pooled_node node "$home/node/pg_story.js"
  unset DRIVERS_POOLED
  export PGPORT="$server_port"
}

#--- the documentation

# Each line of code that the page shows stands in one of the programs, but for its indentation.
snippets_are_real() {
  local known missing
  known="$(find "$tests" -type f ! -name package-lock.json ! -name run.sh -exec cat {} + | sed 's/^[[:space:]]*//')"
  missing="$(awk '/^```[a-z]/ { code = 1; next } /^```/ { code = 0 } code' docs/drivers.md | sed 's/^[[:space:]]*//' |
    grep -v '^$' | grep -vxFf <(printf '%s\n' "$known") || true)"
  [ -z "$missing" ] || { printf 'no test runs: %s\n' "$missing" && return 1; }
}

clients=("$@")
[ $# -gt 0 ] || clients=(psycopg node prisma jdbc tokio_postgres sqlx pgbouncer)
for client in "${clients[@]}"; do "ensure_$client"; done
trap stop_servers EXIT
start_server
create_databases
for client in "${clients[@]}"; do "run_$client"; done
check "docs/drivers.md: each snippet stands in what runs" snippets_are_real
finish
