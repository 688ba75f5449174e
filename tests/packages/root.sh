# shellcheck shell=bash
# A clean root of the distribution that this is, in which apt installs the packages as a user's does, with a PostgreSQL
# server of its own. Nothing is mounted there, so that removing it can touch nothing else. Sourced by run.sh.

root="$BUILD/packages-root"

in_root() {
  as_root chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# With systemd, whose tools look at the admin program's unit; it does not run there.
make_root() {
  as_root mmdebstrap --mode=root --variant=minbase --include=systemd --dpkgopt=force-unsafe-io --skip=cleanup/apt/lists \
    "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$root"
  # This machine has its own servers on its ports: only a socket, which is inside the root.
  as_root mkdir -p "$root/etc/postgresql-common/createcluster.d"
  printf '%s\n' "listen_addresses = ''" "fsync = off" "initdb_options = '--no-sync --encoding=UTF8 --locale=C.UTF-8'" |
    as_root tee "$root/etc/postgresql-common/createcluster.d/test.conf" >/dev/null
}

remove_root() {
  [ -d "$root" ] || return 0
  # By PostgreSQL's own program: Debian's asks /proc, which is not there.
  as_postgres "/usr/lib/postgresql/$PG_MAJOR/bin/pg_ctl" stop --silent --mode=immediate \
    --pgdata="/var/lib/postgresql/$PG_MAJOR/main" >/dev/null 2>&1 || true
  as_root rm -rf --one-file-system "$root"
}

apt_in_root() { in_root apt-get -qq --yes --no-install-recommends "$@" >"$log/apt" 2>&1 || { cat "$log/apt"; return 1; }; }
as_postgres() { in_root runuser -u postgres -- "$@"; }
# psql finds the server's port by itself.
sql() { as_postgres psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$@"; }
installed() { [ "$(in_root dpkg-query -W -f '${Version}' "$1")" = "$2" ]; }
extension_version() { sql "$1" -c "SELECT extversion FROM pg_extension WHERE extname = 'spend_sync'"; }

# How many totals are not the plain sum of their approved clips; there are 40 in all.
drifted() { [ "$(sql "$1" -c 'SELECT count(*) FROM campaigns')" = 40 ] && sql "$1" <demo/oracle.sql | wc -l; }
agrees() { [ "$(drifted "$1")" = 0 ] || { sql "$1" <demo/oracle.sql; return 1; }; }

# What the application does all day; every statement changes totals.
writes_and_sums() {
  local statement before
  for statement in 'UPDATE clips SET earnings = coalesce(earnings, 0) + 1.11' \
    "UPDATE clip_submissions SET status = CASE status WHEN 'APPROVED' THEN 'PAID' ELSE 'APPROVED' END::\"SubmissionStatus\"
      WHERE id IN (SELECT id FROM clip_submissions ORDER BY id LIMIT 200)" \
    "DELETE FROM clips WHERE id IN (SELECT \"clipId\" FROM clip_submissions WHERE status = 'APPROVED' LIMIT 10)"; do
    before="$(sql "$1" -c 'SELECT sum(spent) FROM campaigns')"
    sql "$1" -c "$statement"
    [ "$(sql "$1" -c 'SELECT sum(spent) FROM campaigns')" != "$before" ] || { echo "no total was changed by: $statement"; return 1; }
    agrees "$1"
  done
}

# The demo's platform, on which an application recorded six wrong totals.
make_platform() {
  as_postgres createdb "$1"
  sql "$1" <demo/schema.sql
  sql "$1" <demo/platform.sql >/dev/null
  [ "$(drifted "$1")" = 6 ]
  sql "$1" -c 'CREATE EXTENSION spend_sync'
}

attach() {
  [ "$(sql "$1" -c 'SELECT corrected FROM spend_sync_attach()')" = 6 ]
  agrees "$1"
}

# The package as that version's would have been: its script, and this library under the name that it had. (Its functions are not
# called: what a binding of that version meets, and becomes, is tests/upgrade's.)
make_released_deb() {
  local tree="$scratch/released" extension="$scratch/released/usr/share/postgresql/$PG_MAJOR/extension"
  dpkg-deb --raw-extract "$deb" "$tree"
  rm "$tree/DEBIAN/md5sums" "$extension"/*.sql
  sed -i 's/^Version: .*/Version: 0.1.0-1/' "$tree/DEBIAN/control"
  sed -i "s/^default_version = .*/default_version = '0.1.0'/" "$extension/spend_sync.control"
  echo "module_pathname = '\$libdir/spend_sync'" >>"$extension/spend_sync.control"
  cp sql/released/spend_sync--0.1.0.sql "$extension/"
  dpkg-deb --root-owner-group --build "$tree" "$scratch/released.deb" >/dev/null
}

released_is_installed() {
  make_released_deb
  as_root cp "$scratch/released.deb" "$deb" "$admin_deb" "$root/srv/"
  never in_root test -e "/usr/lib/postgresql/$PG_MAJOR"
  apt_in_root install /srv/released.deb
  installed "postgresql-$PG_MAJOR-spend-sync" 0.1.0-1
  in_root pg_ctlcluster "$PG_MAJOR" main start
  make_platform old
  [ "$(extension_version old)" = 0.1.0 ]
}

package_is_upgraded() {
  apt_in_root install "/srv/$(basename "$deb")"
  installed "postgresql-$PG_MAJOR-spend-sync" "$version-1"
  never in_root test -e "/usr/share/postgresql/$PG_MAJOR/extension/spend_sync--0.1.0.sql"
  [ "$(extension_version old)" = 0.1.0 ]
}

extension_is_upgraded() {
  sql old -c 'ALTER EXTENSION spend_sync UPDATE'
  [ "$(extension_version old)" = "$version" ]
  attach old
  sql old -c 'ALTER TABLE clips RENAME earnings TO earned' -c 'ALTER TABLE clips RENAME earned TO earnings'
  writes_and_sums old
}

extension_is_created() {
  make_platform fresh
  attach fresh
  [ "$(extension_version fresh)" = "$version" ]
  writes_and_sums fresh
  [ -z "$(sql fresh -c "SELECT * FROM spend_sync_check() WHERE severity = 'error'")" ]
}

#--- the admin program

unit=/lib/systemd/system/spend-sync-admin.service

admin_is_installed() {
  apt_in_root install "/srv/$(basename "$admin_deb")"
  installed spend-sync-admin "$version-1"
  [ "$(in_root systemctl is-enabled spend-sync-admin || true)" = disabled ]
}

# Exposure is from 0 to 10, and 10 what a unit without any hardening has; the threshold is of its tenths.
unit_is_sound() {
  local said
  said="$(in_root systemd-analyze verify "$unit" 2>&1)"
  [ -z "$said" ] || { echo "$said"; return 1; }
  in_root systemd-analyze security --no-pager --offline=true --threshold=15 "$unit" | tail -n 1
}

# As it was installed, with the settings that came with it: none.
admin_refuses_to_start_without_token() {
  local said
  if said="$(in_root timeout 10 sh -c '. /etc/default/spend-sync-admin; exec spend-sync-admin' 2>&1)"; then
    echo "it started"
    return 1
  fi
  grep -E 'DATABASE_URL|SPEND_SYNC_ADMIN_TOKEN' <<<"$said"
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
preview() { python3 "$ROOT/tests/packages/preview.py" "http://127.0.0.1:$port/api/admin/campaigns/sync-spend" "$@"; }

# Its preview is of what the database says: first nothing, then one total that was falsified behind the triggers.
admin_serves_the_preview() {
  local port token=for-this-test-alone-0123456789abcdef database=postgres://postgres@%2Fvar%2Frun%2Fpostgresql/fresh
  port="$(free_port)"
  in_root runuser -u postgres -- env "DATABASE_URL=$database" "SPEND_SYNC_ADMIN_TOKEN=$token" "LISTEN=127.0.0.1:$port" \
    timeout 60 spend-sync-admin >"$log/admin" 2>&1 &
  # Its value is put in now: the trap is of the shell in which this check runs, and outlives this function.
  trap "kill $!" EXIT
  eventually preview "$token" "200 0"
  preview "" "401 None"
  preview "of-nobody-0123456789abcdef0123456789" "403 None"
  sql fresh -c "SET session_replication_role = replica; UPDATE campaigns SET spent = 0 WHERE id = 'cmultimatetestcampaign001'"
  preview "$token" "200 1"
}

#--- away again

everything_is_removed() {
  local totals left
  totals="$(sql fresh -c 'SELECT sum(spent) FROM campaigns')"
  sql old -c 'DROP EXTENSION spend_sync CASCADE' 2>/dev/null
  sql fresh -c 'DROP EXTENSION spend_sync CASCADE' 2>/dev/null
  # The search below is of these.
  [ "$(as_root find "$root" -xdev -iname '*spend[-_]sync*' | wc -l)" -ge 15 ]
  as_root sh -c "rm '$root'/srv/*.deb"
  apt_in_root purge "postgresql-$PG_MAJOR-spend-sync" spend-sync-admin
  # Neither a file nor a trace in dpkg's own memory.
  left="$(as_root find "$root" -xdev -iname '*spend[-_]sync*')"
  [ -z "$left" ] || { echo "$left"; return 1; }
  never in_root dpkg-query -W 'postgresql-*-spend-sync' 'spend-sync-*'
  # The tables go on without it, and totals stay as they were.
  [ "$(sql fresh -c 'UPDATE clips SET earnings = 0' -c 'SELECT sum(spent) FROM campaigns')" = "$totals" ]
}
