#!/usr/bin/env bash
# install.sh [PG_CONFIG]   builds a release and installs it into the user's own server.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
cd "$ROOT"
pg_config="${1:-${PG_CONFIG:-}}"
[ -n "$pg_config" ] || fail "which server? make install PG_CONFIG=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config"
pg_config="$(command -v "$pg_config")" || fail "there is no ${1:-$PG_CONFIG}"
version="$("$pg_config" --version)"
major="$(sed -nE 's/^PostgreSQL ([0-9]+).*/\1/p' <<<"$version")"
[[ " ${PG_MAJORS[*]} " == *" ${major:-none} "* ]] ||
  fail "$pg_config is ${version:-no pg_config}; spend_sync supports PostgreSQL ${PG_MAJORS[0]} to ${PG_MAJORS[-1]}"
headers="$("$pg_config" --includedir-server)"
[ -f "$headers/postgres.h" ] || fail "no headers in $headers: install the server's development package" \
  "(postgresql-server-dev-$major on Debian)"

how=()
if [ ! -w "$("$pg_config" --pkglibdir)" ] || [ ! -w "$("$pg_config" --sharedir)/extension" ]; then
  command -v sudo >/dev/null || fail "$("$pg_config" --pkglibdir) belongs to another user: run as that user or as root"
  echo "install: $("$pg_config" --pkglibdir) belongs to another user: copying there by sudo"
  how=(--sudo)
fi
mkdir -p "$PGRX_HOME"
# cargo-pgrx takes the feature from pg_config's version; this tells pgrx itself whose headers to read.
export PGRX_PG_CONFIG_PATH
PGRX_PG_CONFIG_PATH="$(realpath --no-symlinks "$pg_config")"
cargo pgrx install --release --pg-config "$pg_config" "${how[@]}"
cat <<'TEXT'

Installed. In the database that has the tables, as a superuser:

    CREATE EXTENSION spend_sync;

and then, as the owner of the tables:

    SELECT * FROM spend_sync_attach(sync => false);   -- binds them and changes no total
    SELECT * FROM spend_sync_status() WHERE needs_sync;
TEXT
