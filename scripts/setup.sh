#!/usr/bin/env bash
# setup.sh [tools]   tools: only what a build for somebody else's PostgreSQL needs, which is all but one of our own.
#
# Makes everything that the other scripts need; what is there already is left alone, so that it can run every time.
#
#   1. system packages (with apt, as root or by sudo): a C compiler, PostgreSQL and its headers
#   2. build/pg     a private, relocated copy of PostgreSQL: installing the extension into it needs no privilege,
#                   leaves the system's server alone, and two clones do not overwrite each other's library
#   3. build/tools  the cargo-pgrx whose version Cargo.toml pins
#   4. build/pgrx   tells pgrx where the copy is
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
source "$ROOT/scripts/lib/packages.sh"
source "$ROOT/scripts/lib/tools.sh"

say() { printf 'setup: %s\n' "$*"; }

#--- 1. system packages

# The server that gets copied: Debian's place first, else whatever the path has, if it is the right major.
system_pg_config() {
  local candidate
  for candidate in "/usr/lib/postgresql/$PG_MAJOR/bin/pg_config" "$(command -v pg_config || true)"; do
    if [ -x "$candidate" ] && "$candidate" --version | grep -q "^PostgreSQL ${PG_MAJOR}[.a-z]"; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# Server, client, headers and the two test programs: everything that is used later.
is_complete() {
  local pg_config="$1" program bin pgxs
  bin="$("$pg_config" --bindir)"
  pgxs="$(dirname "$("$pg_config" --pgxs)")/../test"
  for program in "$bin"/{postgres,initdb,pg_ctl,psql,pgbench} "$pgxs"/{regress/pg_regress,isolation/pg_isolation_regress}; do
    [ -x "$program" ] || return 1
  done
  [ -f "$("$pg_config" --includedir-server)/postgres.h" ]
}

complete_pg_config() {
  local pg_config
  pg_config="$(system_pg_config)" || return 1
  is_complete "$pg_config" || return 1
  echo "$pg_config"
}

has_libclang() { compgen -G '/usr/lib*/llvm*/lib*/libclang*.so*' || ldconfig -p | grep -F libclang; } >/dev/null 2>&1

compilers=(gcc libc6-dev pkg-config make)

# Where there is no apt-get, whoever builds has to see to it.
ensure_compilers() {
  has_libclang || compilers+=(libclang-dev)
  ! command -v apt-get >/dev/null || install_packages "${compilers[@]}"
}

ensure_system() {
  local wanted=("${compilers[@]}")
  if ! complete_pg_config >/dev/null; then
    # The headers' package brings libclang, with which pgrx reads them.
    wanted+=("postgresql-$PG_MAJOR" "postgresql-server-dev-$PG_MAJOR")
  elif ! has_libclang; then
    wanted+=(libclang-dev)
  fi
  # Without user namespaces the unit tests start their server by sudo, even as root.
  [ "$("$ROOT/scripts/as_user.sh" --how)" != setpriv ] || wanted+=(sudo)
  if ! command -v apt-get >/dev/null; then
    complete_pg_config >/dev/null || fail "no apt-get here, and no complete PostgreSQL $PG_MAJOR in the path: install" \
      "its server, client, contrib and development packages, clang and pkg-config by hand, then run again"
    return
  fi
  if ! complete_pg_config >/dev/null && ! apt-cache show "postgresql-$PG_MAJOR" >/dev/null 2>&1; then
    update_lists
    apt-cache show "postgresql-$PG_MAJOR" >/dev/null 2>&1 || fail "this system's packages have no PostgreSQL $PG_MAJOR:" \
      "add the PostgreSQL project's own packages (apt.postgresql.org), then run again"
  fi
  install_packages "${wanted[@]}"
}

#--- 2. the private copy of PostgreSQL

copy_tree() { mkdir -p "$2$1" && cp -R --preserve=mode,timestamps,links -T "$1" "$2$1"; }

# Only PostgreSQL's own programs: elsewhere than on Debian they may stand in /usr/bin among all others.
copy_programs() {
  local bin="$1" to="$2" program
  mkdir -p "$to$bin"
  for program in postgres postmaster initdb pg_ctl pg_config psql pgbench createdb dropdb pg_dump pg_dumpall \
    pg_restore pg_isready pg_basebackup pg_controldata pg_resetwal; do
    [ ! -e "$bin/$program" ] || cp --preserve=mode,timestamps "$bin/$program" "$to$bin/"
  done
  ln -s ".${bin}" "$to/bin"
}

ensure_copy() {
  local pg_config bin new="$BUILD/pg.new" source
  pg_config="$(complete_pg_config)" || fail "no complete PostgreSQL $PG_MAJOR (server and headers)"
  bin="$("$pg_config" --bindir)"
  source="$("$pg_config" --version) from $bin"
  [ "$(cat "$PG_HOME/source" 2>/dev/null)" != "$source" ] || return 0
  say "copying $source to $PG_HOME"
  rm -rf "$new"
  copy_programs "$bin" "$new"
  local directory
  for directory in pkglibdir sharedir includedir-server; do
    copy_tree "$("$pg_config" "--$directory")" "$new"
  done
  echo "$source" > "$new/source"
  rm -rf "$PG_HOME"
  mv "$new" "$PG_HOME"
  # The copy has to answer with its own folders, or the extension would land in the system's.
  PG_BIN="$(readlink -f "$PG_HOME/bin")"
  case "$("$PG_BIN/pg_config" --pkglibdir)" in
    "$PG_HOME"/*) ;;
    *) rm -rf "$PG_HOME"; fail "this PostgreSQL cannot be relocated: $("$pg_config" --bindir)" ;;
  esac
}

#--- 3. cargo-pgrx

ensure_cargo_pgrx() {
  local version
  version="$(sed -nE 's/^pgrx = .*"=([0-9.]+)".*/\1/p' "$ROOT/Cargo.toml")"
  [ -n "$version" ] || fail "Cargo.toml pins no version of pgrx"
  ensure_tool cargo-pgrx "$version" "some two minutes" pgrx
}

command -v cargo >/dev/null || fail "no cargo in the path: install Rust (https://rustup.rs). If you ran this by sudo," \
  "run it without: it calls sudo itself where it must"
mkdir -p "$BUILD"
if [ "${1:-}" = tools ]; then
  ensure_compilers
  ensure_cargo_pgrx
  exit
fi
ensure_system
ensure_copy
# Told now rather than after the long build: whether a server will be able to run here at all.
"$ROOT/scripts/as_user.sh" true
ensure_cargo_pgrx
# 4. where the copy is
ensure_pgrx_home "$PGRX_HOME" "$PG_MAJOR" "$PG_BIN/pg_config"
