#!/usr/bin/env bash
# the Debian package in a clean root, the archive, META.json, the Dockerfile
#
# The packages as their users get them: apt installs them into a clean root with its own PostgreSQL, upgrades and purges
# them; META.json and the archive for PGXN; the Dockerfile. It needs root or sudo, and Debian's packages for this major. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
source "$ROOT/scripts/lib/packages.sh"
source "$ROOT/scripts/lib/tools.sh"
cd "$ROOT"
source "$ROOT/tests/packages/dist.sh"
source "$ROOT/tests/packages/docker.sh"
source "$ROOT/tests/packages/deb.sh"
source "$ROOT/tests/packages/root.sh"

version="$(sed -nE '0,/^version/s/^version = "(.*)"/\1/p' Cargo.toml)"
scratch="$BUILD/packages-test"
unpacked="$scratch/unpacked"
log="$BUILD/log/packages"
architecture="$(dpkg --print-architecture)"
deb="$BUILD/deb/postgresql-$PG_MAJOR-spend-sync_$version-1_$architecture.deb"
admin_deb="$BUILD/deb/spend-sync-admin_$version-1_$architecture.deb"

# For `!`: amid a function bash does not take the failure of a negated command for one.
never() {
  if "$@"; then
    echo "it should not have succeeded: $*"
    return 1
  fi
}

clean_up() {
  remove_root
  rm -rf "$scratch"
}

install_packages mmdebstrap debhelper binutils
apt-cache show "postgresql-$PG_MAJOR" >/dev/null 2>&1 || fail "this distribution has no postgresql-$PG_MAJOR to install beside"
# Asks for the password, where sudo wants one, before anything runs in the background.
as_root true
clean_up
trap clean_up EXIT
rm -rf "$log"
mkdir -p "$scratch" "$log"

# It waits for the network and the disk more than for the processors: beside what is compiled.
make_root >"$log/root" 2>&1 &
making_root=$!
# It says its name as it was called.
[ "$(pgxn_meta --version 2>/dev/null)" = "pgxn_meta 0.7.0" ] ||
  CARGO_PROFILE_DEV_DEBUG=0 ensure_tool pgxn_meta 0.7.0 "a minute or two"
ensure_hadolint
export ADMIN_PROFILE=dev
scripts/deb.sh

check "META.json is valid" meta_is_valid
check "one version everywhere" versions_agree
check "META.json asks for the oldest major that there is a feature for" oldest_major_agrees
check "the archive for PGXN has what is committed, and nothing else" archive_is_whole
check "... and is usable where it is unpacked" archive_is_usable
check "the Dockerfile has no fault that hadolint knows" dockerfile_has_no_fault
check "... its compiler is the one of Cargo.toml" compiler_agrees
check "... its first layers have what they need" sets_up_from_what_it_copies
check "... the archive, reduced to what Docker is given, builds: the same files as in the package" builds_from_its_context

check "the extension's package: name, version, dependencies" extension_is_described
check "... files where PostgreSQL looks, stripped" extension_is_where_postgresql_looks
check "both packages: changelogs, copyright, README, the crates in them" documents_are_there
check "the admin's settings: kept from others, kept over upgrades, no secret in them" admin_settings_are_safe
check "a second build gives the same packages" is_reproducible

wait "$making_root" || { cat "$log/root"; fail "no clean root could be made"; }
check "clean root: apt installs 0.1.0 and PostgreSQL with it" released_is_installed
check "... apt upgrades to $version; the old version's objects stay" package_is_upgraded
check "... ALTER EXTENSION UPDATE; totals are kept" extension_is_upgraded
check "... CREATE EXTENSION of $version; totals are kept" extension_is_created
check "... apt installs the admin program, not enabled" admin_is_installed
check "... its unit is sound and hardened" unit_is_sound
check "... it refuses to start without settings" admin_refuses_to_start_without_token
check "... with settings it serves the preview, to whom has the token" admin_serves_the_preview
check "... purged: no file is left, the tables go on" everything_is_removed
finish
