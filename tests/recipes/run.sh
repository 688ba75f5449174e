#!/usr/bin/env bash
# what docs/recipes.md tells, run
#
# Every recipe as it stands there, each on a platform of its own. Beside this stands what the page only speaks of: second
# sessions, an application that writes meanwhile, an exporter that is asked. All end with the demo's oracle. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
source "$ROOT/scripts/lib/packages.sh"
source "$ROOT/tests/recipes/blocks.sh"
source "$ROOT/tests/recipes/sessions.sh"
cd "$ROOT"
out="$BUILD/log/recipes"

ensure_programs() {
  install_packages curl
  unpack_packages "postgresql-$PG_MAJOR-cron" prometheus prometheus-sql-exporter
}

# pg_cron's files have to stand where this server looks for its own.
place_pg_cron() {
  local tree="$PACKAGES/postgresql-$PG_MAJOR-cron/usr" part
  for part in "lib/postgresql/$PG_MAJOR/lib" "share/postgresql/$PG_MAJOR/extension"; do
    cp "$tree/$part"/pg_cron* "$PG_HOME/usr/$part/"
  done
}

start_cluster() {
  scripts/cluster.sh remove recipes
  scripts/cluster.sh start recipes
  block cron-settings | scripts/as_user.sh tee -a "$BUILD/clusters/recipes/data/postgresql.conf" >/dev/null
  scripts/cluster.sh stop recipes
  scripts/cluster.sh start recipes
  eval "$(scripts/cluster.sh env recipes)"
}

# Two platforms to copy from: as the application left it, and attached.
make_platforms() {
  createdb drifted
  query -d drifted -f demo/schema.sql
  query -d drifted -f demo/platform.sql
  createdb --template=drifted platform
  PGDATABASE=platform run attached 2>/dev/null
}

# recipe NAME [TEMPLATE]   a platform for a recipe, to which all that follows connects
recipe() {
  export PGDATABASE="$1"
  createdb --template="${2:-platform}" "$1"
}

agrees() { diff /dev/null <(query -f demo/oracle.sql); }
# by_hand SQL   as a restore would, or a job with triggers switched off
by_hand() { query -c "SET session_replication_role = replica; $1"; }
drifted() { [ -n "$(query -f demo/oracle.sql)" ]; }

# is_refused MESSAGE ARGUMENT...   psql with these arguments fails, and says this
is_refused() {
  local message="$1"
  shift
  if query "$@" >"$out/refused" 2>&1; then
    echo "not refused: $*"
    return 1
  fi
  grep -F "$message" "$out/refused" || { cat "$out/refused"; return 1; }
}

ensure_programs
rm -rf "$out"
mkdir -p "$out"
place_pg_cron
trap 'scripts/cluster.sh stop recipes' EXIT
start_cluster
make_platforms
# pg_cron's clock ticks once a minute: its job is made first and looked at last.
source tests/recipes/nightly.sh
source tests/recipes/budget.sh
source tests/recipes/completion.sh
source tests/recipes/notify.sh
source tests/recipes/prometheus.sh
source tests/recipes/migration.sh
source tests/recipes/prisma.sh
source tests/recipes/supabase.sh
source tests/recipes/users.sh
after_the_night
check "every block of docs/recipes.md was run" every_block_ran
finish
