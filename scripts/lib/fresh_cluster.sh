# shellcheck shell=bash
# A private cluster for one run of a script: made anew, stopped when the script ends. Sourced, never run.
#
# fresh_cluster NAME    all that follows connects to it
# fresh_database NAME   the same, to a database of this name in it

fresh_cluster() {
  "$ROOT/scripts/cluster.sh" remove "$1"
  # Its name is put in now: the trap outlives this function.
  # shellcheck disable=SC2064
  trap "$(printf '%q stop %q' "$ROOT/scripts/cluster.sh" "$1")" EXIT
  "$ROOT/scripts/cluster.sh" start "$1"
  eval "$("$ROOT/scripts/cluster.sh" env "$1")"
}

fresh_database() {
  fresh_cluster "$1"
  createdb "$1"
  export PGDATABASE="$1"
}
