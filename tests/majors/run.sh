#!/usr/bin/env bash
# the other majors of PostgreSQL, as many as can be had here (MAJORS="14 18" for some)
#
# run.sh [MAJOR...]   the regress scripts and the isolation specs on each major that the crate is built for, but the
# default one: on a private cluster, with the extension built for that major. One that cannot be had is said to be skipped;
# what a major does not have is skipped, script by script. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
cd "$ROOT"

majors=("$@")
for major in "${PG_MAJORS[@]}"; do
  [ $# -gt 0 ] || [ "$major" = "$PG_MAJOR" ] || majors+=("$major")
done
mkdir -p "$BUILD/majors"

# One psql for all, so that what differs is the server.
export PG_DRIVER="$PG_BIN"
# As cheap as can be, and the same for all: what does not depend on the major is compiled once. pgrx's workaround is for linkers
# that drop what it needs; it would keep calls of functions that only headers define.
export PROFILE=dev CARGO_PROFILE_DEV_DEBUG=0 CARGO_PGRX_DISABLE_GC_SECTIONS_WORKAROUND=1

# In that major's own build folder, with the bindings that pgrx ships where there are no headers.
build() {
  local log="$BUILD/build.log" how=()
  if [ ! -f "$("$PG_BIN/pg_config" --includedir-server)/postgres.h" ]; then
    how=(DOCS_RS=1 "RUSTC_WRAPPER=$ROOT/tests/majors/rustc.sh")
  fi
  if ! env "${how[@]}" scripts/install_build.sh >"$log" 2>&1 || grep -q '^warning' "$log"; then
    cat "$log"
    return 1
  fi
}

test_major() {
  local major="$1" home="$BUILD/majors/$1" log="$BUILD/majors/$1.log" started=$SECONDS status=0 other=0
  if ! tests/majors/major.sh "$major" >"$log" 2>&1; then
    echo "skipped PostgreSQL $major: $(tail -n 1 "$log")"
    return
  fi
  echo "== PostgreSQL $major, $(cat "$home/source" 2>/dev/null || cat "$home/pg/source")"
  if ! (export BUILD="$home" PG_MAJOR="$major"; source scripts/lib/paths.sh; build); then
    echo "FAILED  the build, or it has warnings"
    checks_failed=$((checks_failed + 1))
    return
  fi
  BUILD="$home" PG_MAJOR="$major" tests/regress/run.sh >"$home/regress.out" 2>&1 &
  BUILD="$home" PG_MAJOR="$major" tests/isolation/run.sh >"$home/isolation.out" 2>&1 || other=$?
  wait $! || status=$?
  cat "$home/regress.out" "$home/isolation.out"
  count_run "$status" "$home/regress.out"
  count_run "$other" "$home/isolation.out"
  echo "PostgreSQL $major took $((SECONDS - started)) s"
}

for major in "${majors[@]}"; do
  test_major "$major"
done
finish
