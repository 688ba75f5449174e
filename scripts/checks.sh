# shellcheck shell=bash
# Counts what a tier checked: a list of shell functions, or what cargo says of its tests. Sourced, never run.
#
# check NAME COMMAND...   runs it; it passes if the command, and every command of the function it names, succeeds.
# eventually COMMAND...   runs it until it succeeds; fails if it has not within 30 s.
# count_cargo_tests STATUS LOG   counts what `cargo test` ran, which ended with this status and printed this.
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

eventually() {
  local attempt
  for ((attempt = 0; attempt < 300; attempt++)); do
    ! "$@" || return 0
    sleep 0.1
  done
  echo "in 30 s this did not come true: $*"
  return 1
}

finish() {
  echo "$checks_passed passed, $checks_failed failed"
  [ "$checks_failed" -eq 0 ]
}

# cargo prints a result for each test program; a build that failed prints none.
count_cargo_tests() {
  local status="$1" passed failed
  passed="$(sum_of passed "$2")" failed="$(sum_of failed "$2")"
  [ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
  checks_passed=$((checks_passed + passed)) checks_failed=$((checks_failed + failed))
}

# sum_of WORD LOG   of the numbers that stand before it in cargo's results
sum_of() { grep '^test result:' "$2" | grep -oE "[0-9]+ $1" | awk '{ sum += $1 } END { print sum + 0 }'; }
