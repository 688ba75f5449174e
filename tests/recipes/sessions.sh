# shellcheck shell=bash disable=SC2154
# Two sessions that meet. Sourced, never run.
#
# open_session          a session that stays: `first SQL` sends it statements, `close_session` ends it
# waits SQL             begins SQL in a second session, and returns once that waits for a lock
# ended [TEXT]          waits for the second session: it has to have succeeded, or to have failed with this text

open_session() {
  coproc FIRST { query -v ON_ERROR_STOP=0 2>&1; }
  first_pid="$FIRST_PID"
}

# The answer to \echo comes after those to all before it.
first() {
  local line
  printf '%s\n\\echo so far\n' "$1" >&"${FIRST[1]}"
  while read -r -t 30 line <&"${FIRST[0]}"; do
    [ "$line" != "so far" ] || return 0
    echo "$line"
  done
  echo "the first session did not answer: $1"
  return 1
}

close_session() {
  echo '\q' >&"${FIRST[1]}"
  wait "$first_pid"
}

is_waiting() {
  [ "$(query -c "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'")" = 1 ]
}

waits() {
  query -c "$1" >"$out/second" 2>&1 &
  second=$!
  eventually is_waiting
}

ended() {
  local status=0
  wait "$second" || status=$?
  if [ $# -eq 0 ]; then
    [ "$status" -eq 0 ] || { cat "$out/second"; return 1; }
  else
    [ "$status" -ne 0 ] || { echo "the second session succeeded"; return 1; }
    grep -F "$1" "$out/second"
  fi
}
