#!/usr/bin/env bash
# dist.sh   the archive that PGXN takes, build/dist/spend_sync-0.3.0.zip: what is committed, and META.json at its top.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
cd "$ROOT"

git rev-parse --verify --quiet HEAD >/dev/null || fail "the archive is made of a commit, and this is no clone of the repository"
[ -z "$(git status --porcelain)" ] || echo "dist: there are changes that are not committed; the archive is without them" >&2
version="$(sed -nE '0,/^version/s/^version = "(.*)"/\1/p' Cargo.toml)"
archive="$BUILD/dist/spend_sync-$version.zip"
mkdir -p "$BUILD/dist"
git archive --format=zip --prefix="spend_sync-$version/" --output="$archive" HEAD
echo "$archive"
