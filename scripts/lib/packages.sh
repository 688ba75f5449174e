# shellcheck shell=bash
# Debian's packages, by apt: into the system, or private ones into the build folder. Sourced, never run.
#
# install_packages PACKAGE...   into the system, as root or by sudo; those that are there already are left alone.
# unpack_packages PACKAGE...    into build/packages, with no privilege and nothing configured or started: for servers
#                               and libraries that the tests run themselves. Their dependencies are not followed.

PACKAGES="$BUILD/packages"

has_package() { dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# apt says a great deal, and only a failure is of interest.
apt_quietly() {
  local log="$BUILD/log/apt.log"
  mkdir -p "$BUILD/log"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >"$log" 2>&1 && return
  tail -n 20 "$log" >&2
  return 1
}

# Lists that cannot be had anew may still do.
update_lists() {
  apt_quietly update || echo "$(script_name): apt-get update failed; going on with the package lists that are there"
}

# Debian makes and starts a server of its own with PostgreSQL's package. Nobody asked for one: forbid it for this one call.
install_packages() {
  local forbid=/etc/postgresql-common/createcluster.d/spend_sync_setup.conf status=0 package missing=()
  for package in "$@"; do
    has_package "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "no apt-get here: install ${missing[*]} by hand, then run again"
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || fail "packages are missing (${missing[*]}): install them as root, or install sudo"
  echo "$(script_name): installing ${missing[*]}"
  update_lists
  as_root mkdir -p "$(dirname "$forbid")"
  echo 'create_main_cluster = false' | as_root tee "$forbid" >/dev/null
  apt_quietly install -y --no-install-recommends "${missing[@]}" || status=1
  as_root rm -f "$forbid"
  [ "$status" -eq 0 ] || fail "apt could not install ${missing[*]}"
}

# A package's own folder appears only once it is whole.
unpack_packages() {
  local package new="$PACKAGES/new"
  for package in "$@"; do
    [ ! -d "$PACKAGES/$package" ] || continue
    apt-cache show "$package" >/dev/null 2>&1 || update_lists
    echo "$(script_name): unpacking $package"
    rm -rf "$new"
    mkdir -p "$new"
    (cd "$new" && apt-get -qq download "$package") || fail "apt could not download $package"
    dpkg -x "$new"/*.deb "$new/tree"
    mv "$new/tree" "$PACKAGES/$package"
  done
  rm -rf "$new"
}
