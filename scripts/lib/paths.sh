# shellcheck shell=bash disable=SC2034
# Where everything that these scripts make and use stands. Sourced, never run.
# BUILD moves all of it, except cargo's own target folder (CARGO_TARGET_DIR moves that).

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)"
BUILD="${BUILD:-build}"
case "$BUILD" in /*) ;; *) BUILD="$ROOT/$BUILD" ;; esac
export ROOT BUILD

# The majors that the crate can be built for; Cargo.toml has a feature for each. What is built and tested is the default
# one, unless PG_MAJOR says otherwise; BUILD is then a folder of that major's own (tests/majors/major.sh makes it).
PG_MAJORS=(14 15 16 17 18)
PG_MAJOR="${PG_MAJOR:-15}"

# The private copy of PostgreSQL. build/pg/bin is a link that setup.sh makes, because the folders below build/pg
# are as deep as they were in the system: PostgreSQL finds its files by their place relative to its programs.
PG_HOME="$BUILD/pg"
PG_BIN="$(readlink -f "$PG_HOME/bin" 2>/dev/null || echo "$PG_HOME/bin")"

# cargo-pgrx, its configuration, and how its tests find it again.
export PGRX_HOME="$BUILD/pgrx"
export CARGO_PGRX="$BUILD/tools/bin/cargo-pgrx"
export PATH="$BUILD/tools/bin:$PATH"

# A registry that answers late is not a reason to fail a first build.
export CARGO_NET_RETRY="${CARGO_NET_RETRY:-10}"

# A backtrace would stand in the DETAIL of every error that a server raises.
unset RUST_BACKTRACE

# A socket's whole path may have 107 bytes, and some characters have a meaning in PostgreSQL's setting: a clone that
# stands too deep or too strangely needs a folder in /tmp for its sockets.
holds_socket() { [ ${#1} -le 90 ] && [[ "$1" =~ ^[A-Za-z0-9/._-]+$ ]]; }

# What a message begins with: the script's name, or its folder's, for a tier's script is run.sh.
script_name() {
  local name
  name="$(basename "$0" .sh)"
  [ "$name" != run ] || name="$(basename "$(dirname "$(realpath "$0")")")"
  echo "$name"
}

fail() {
  printf '%s: %s\n' "$(script_name)" "$*" >&2
  exit 1
}
