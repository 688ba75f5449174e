#!/usr/bin/env bash
# install.sh [PG_CONFIG]   builds a release and installs it into the user's own server.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/paths.sh"
cd "$ROOT"
pg_config="${1:-${PG_CONFIG:-}}"
[ -n "$pg_config" ] || fail "which server? make install PG_CONFIG=/usr/lib/postgresql/$PG_MAJOR/bin/pg_config"
pg_config="$(command -v "$pg_config")" || fail "there is no ${1:-$PG_CONFIG}"
version="$("$pg_config" --version)"
[[ "$version" =~ ^PostgreSQL\ ${PG_MAJOR}[^0-9] ]] || fail "$pg_config is $version; this version supports PostgreSQL $PG_MAJOR"

how=()
if [ ! -w "$("$pg_config" --pkglibdir)" ] || [ ! -w "$("$pg_config" --sharedir)/extension" ]; then
  command -v sudo >/dev/null || fail "$("$pg_config" --pkglibdir) belongs to another user: run as that user or as root"
  echo "install: $("$pg_config" --pkglibdir) belongs to another user: copying there by sudo"
  how=(--sudo)
fi
cargo pgrx install --release --pg-config "$pg_config" "${how[@]}"
cat <<'TEXT'

Installed. In the database that has the tables, as a superuser:

    CREATE EXTENSION spend_sync;

and then, as the owner of the tables:

    SELECT * FROM spend_sync_attach(sync => false);   -- binds them and changes no total
    SELECT * FROM spend_sync_status() WHERE needs_sync;
TEXT
