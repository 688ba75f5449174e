#!/usr/bin/env bash
# Builds the extension and installs it into the private PostgreSQL; cargo builds only what changed.
# PROFILE=dev for a quicker build; the default is what users run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
cd "$ROOT"
mkdir -p "$BUILD/log"
log="$BUILD/log/install_build.log"
# cargo's own messages stay visible; what cargo-pgrx says of each file it copies is of interest only when it fails.
if ! cargo pgrx install --profile "${PROFILE:-release}" --pg-config "$PG_BIN/pg_config" 2>&1 >"$log" |
  sed --unbuffered -E '/Using|Discovered|Writing|Finished/d' >&2; then
  cat "$log" >&2
  fail "the build failed"
fi
