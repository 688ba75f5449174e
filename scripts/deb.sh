#!/usr/bin/env bash
# deb.sh [DIRECTORY]   builds the Debian packages, postgresql-15-spend-sync and spend-sync-admin, into build/deb.
# packaging/debian has what Debian's tools read; PGVERSION in it stands for the major.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
source "$ROOT/scripts/lib/packages.sh"
cd "$ROOT"

to="${1:-$BUILD/deb}"
tree="$to/source"
log="$BUILD/log/deb.log"
# The tests of the packages take what the tests of the endpoint have compiled.
admin_profile="${ADMIN_PROFILE:-service}"

# Of what the programs are made: licences ask for it, and whoever reads of a hole in a crate.
third_party() {
  cargo tree --quiet --locked --workspace --package spend_sync --package spend-sync-admin --edges normal --prefix none \
    --format '{p} ({l})' | sed '/ (\//d; s/ (proc-macro)//; s/ (\*)$//' | sort -u
}

# Compiled here, because debhelper changes HOME, where cargo keeps its crates, and the compiler's flags.
compile() {
  packaging/stage.sh "$tree"
  cargo build --quiet --profile "$admin_profile" --locked --package spend-sync-admin
  install -D --target-directory="$tree/usr/bin" "${CARGO_TARGET_DIR:-target}/${admin_profile/#dev/debug}/spend-sync-admin"
  third_party >"$tree/third-party.txt"
}

write_debian() {
  local file
  cp -R packaging/debian README.md CHANGELOG.md docs "$tree"
  sed "s/PGVERSION/$PG_MAJOR/g" "$tree/debian/control.in" >"$tree/debian/control"
  for file in "$tree"/debian/*PGVERSION*; do
    mv "$file" "${file/PGVERSION/$PG_MAJOR}"
  done
}

install_packages debhelper dpkg-dev
rm -rf "$to"
mkdir -p "$tree" "$BUILD/log"
compile
write_debian
# Times in the packages are the changelog's, so that the same tree gives the same packages.
(cd "$tree" && dpkg-buildpackage --build=binary --no-sign) >"$log" 2>&1 || { cat "$log" >&2; fail "dpkg-buildpackage failed"; }
rm -rf "$tree"
ls "$to"/*.deb
