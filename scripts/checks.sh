# shellcheck shell=bash
# Counts checks: for tiers that are a list of shell functions. Sourced, never run.
#
# check NAME COMMAND...   runs it; it passes if the command, and every command of the function it names, succeeds.
# finish                  prints `N passed, N failed`, and fails if one did.

checks_passed=0 checks_failed=0

check() {
  local name="$1" output status
  shift
  # Not as a condition: bash ignores `set -e` in whatever runs as one, and each failure inside would go by.
  set +e
  output="$(set -euo pipefail; "$@" 2>&1)"
  status=$?
  set -e
  if [ "$status" -eq 0 ]; then
    echo "ok      $name"
    checks_passed=$((checks_passed + 1))
  else
    printf 'FAILED  %s\n%s\n' "$name" "$output"
    checks_failed=$((checks_failed + 1))
  fi
}

finish() {
  echo "$checks_passed passed, $checks_failed failed"
  [ "$checks_failed" -eq 0 ]
}
