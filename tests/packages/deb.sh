# shellcheck shell=bash
# What the Debian packages say and hold. Sourced by run.sh.

field() { dpkg-deb --field "$1" "$2"; }
files() { dpkg-deb --fsys-tarfile "$1" | tar -tv | awk '$1 !~ /^d/ { print $1, $2, $6 }'; }
content() { dpkg-deb --fsys-tarfile "$1" | tar -xO "./$2"; }

extension_is_described() {
  [ "$(field "$deb" Package) $(field "$deb" Version)" = "postgresql-$PG_MAJOR-spend-sync $version-1" ]
  # Not of this machine's PostgreSQL alone, and of no library that a minor version of it replaces.
  field "$deb" Depends | grep -E "^postgresql-$PG_MAJOR, libc6 \(>= [0-9.]+\), libgcc-s1 \(>= [0-9.]+\)$"
}

extension_is_where_postgresql_looks() {
  local lib="usr/lib/postgresql/$PG_MAJOR/lib/spend_sync-$version.so" extension="usr/share/postgresql/$PG_MAJOR/extension"
  diff <(files "$deb" | awk '{ print $3 }' | grep -v /doc/ | sort) - <<-TEXT
	./$lib
	./${lib/-$version/}
	./$extension/spend_sync--0.1.0--0.2.0.sql
	./$extension/spend_sync--0.2.0--0.3.0.sql
	./$extension/spend_sync--$version.sql
	./$extension/spend_sync.control
	TEXT
  content "$deb" "$extension/spend_sync.control" >"$scratch/control"
  grep -x "default_version = '$version'" "$scratch/control"
  content "$deb" "$lib" >"$scratch/spend_sync.so"
  readelf --section-headers --wide "$scratch/spend_sync.so" >"$scratch/sections"
  grep -w .dynsym "$scratch/sections"
  never grep -w .symtab "$scratch/sections"
}

documents_are_there() {
  local package name file
  for package in "$deb" "$admin_deb"; do
    name="$(field "$package" Package)"
    for file in changelog.gz changelog.Debian.gz copyright; do
      grep -x -- "-rw-r--r-- root/root ./usr/share/doc/$name/$file" <(files "$package")
    done
    grep '^Format: .*copyright-format/1.0/$' <(content "$package" "usr/share/doc/$name/copyright")
    # Both are made of crates, and the list names them with their licences.
    grep -E '^serde v[0-9.]+ \(MIT OR Apache-2.0\)$' <(content "$package" "usr/share/doc/$name/third-party.txt.gz" | zcat)
  done
  grep "./usr/share/doc/postgresql-$PG_MAJOR-spend-sync/README.md" <(files "$deb")
}

# The file with the token to be is kept from others, and over upgrades; nothing secret comes with it.
admin_settings_are_safe() {
  grep -x -- '-rw-r----- root/root ./etc/default/spend-sync-admin' <(files "$admin_deb")
  [ "$(dpkg-deb --ctrl-tarfile "$admin_deb" | tar -xO ./conffiles)" = /etc/default/spend-sync-admin ]
  content "$admin_deb" etc/default/spend-sync-admin >"$scratch/settings"
  grep '^#SPEND_SYNC_ADMIN_TOKEN=$' "$scratch/settings"
  never grep -v '^\(#.*\)\?$' "$scratch/settings"
}

# unpack PACKAGE DIRECTORY   with the install script's lines sorted: pgrx writes what does not depend on each other in any
# order.
unpack() {
  local script="usr/share/postgresql/$PG_MAJOR/extension/spend_sync--$version.sql"
  dpkg-deb --raw-extract "$1" "$2"
  sort -o "$2/$script" "$2/$script"
  sed -i "\\|$script|d" "$2/DEBIAN/md5sums"
}

# Of the same tree, a second later, under another folder and another umask.
is_reproducible() {
  (umask 0077 && scripts/deb.sh "$scratch/deb") >/dev/null
  cmp "$admin_deb" "$scratch/deb/$(basename "$admin_deb")"
  unpack "$deb" "$scratch/first-package"
  unpack "$scratch/deb/$(basename "$deb")" "$scratch/second-package"
  diff -r "$scratch/first-package" "$scratch/second-package"
}
