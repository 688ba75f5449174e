#!/usr/bin/env bash
# stage.sh DIRECTORY   builds a release and puts the extension's files into DIRECTORY, where Debian's PostgreSQL looks for
# them; the official Docker image has the same places. For the Debian package and for the Dockerfile.
#
# It is built against the private copy of PostgreSQL, as the tests are: what they tested is what gets packaged.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/paths.sh"
cd "$ROOT"

[ $# -eq 1 ] || fail "usage: stage.sh DIRECTORY"
pg_config="$PG_BIN/pg_config"
[ -x "$pg_config" ] || fail "no private PostgreSQL yet: run make setup"

made="$BUILD/package"
rm -rf "$made"
mkdir -p "$BUILD/log"
cargo pgrx package --profile "${PROFILE:-release}" --pg-config "$pg_config" --out-dir "$made" >"$BUILD/log/stage.log" 2>&1 || {
  cat "$BUILD/log/stage.log" >&2
  fail "the build failed"
}

# cargo-pgrx lays them out as that pg_config says, which is below the build folder.
install -D --mode=0644 --target-directory="$1/usr/lib/postgresql/$PG_MAJOR/lib" "$made$("$pg_config" --pkglibdir)"/*
install -D --mode=0644 --target-directory="$1/usr/share/postgresql/$PG_MAJOR/extension" \
  "$made$("$pg_config" --sharedir)/extension"/*
# Databases in which ALTER EXTENSION has not been run yet call the library by the name that it had up to 0.2.0: it says so.
version="$(sed -nE '0,/^version/s/^version = "(.*)"/\1/p' Cargo.toml)"
ln -sf "spend_sync-$version.so" "$1/usr/lib/postgresql/$PG_MAJOR/lib/spend_sync.so"
rm -rf "$made"
