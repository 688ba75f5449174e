# shellcheck shell=bash
# Counts what a tier checked: a list of shell functions, or what cargo or another script says. Sourced, never run.
#
# check NAME COMMAND...   runs it; it passes if the command, and every command of the function it names, succeeds.
# eventually COMMAND...   runs it until it succeeds; fails if it has not within 30 s.
# count_cargo_tests STATUS LOG   counts what `cargo test` ran, which ended with this status and printed this.
# count_run STATUS LOG     counts what a script counted that ends as `finish` does; leaves it in run_passed, run_failed.
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
  add_run "$1" "$(sum_of passed "$2")" "$(sum_of failed "$2")"
}

# sum_of WORD LOG   of the numbers that stand before it in cargo's results
sum_of() { grep '^test result:' "$2" | grep -oE "[0-9]+ $1" | awk '{ sum += $1 } END { print sum + 0 }'; }

# The last such line counts: a script may show the runs of others, and make says a word after it. Without one it did not
# get as far.
count_run() {
  local line
  line="$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$2" | tail -n 1 || true)"
  if [[ "$line" =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    add_run "$1" "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
  else
    add_run 1 0 0
  fi
}

# add_run STATUS PASSED FAILED   a run that ended badly without a failure of its own is one.
add_run() {
  run_passed="$2" run_failed="$3"
  [ "$1" -eq 0 ] || [ "$run_failed" -gt 0 ] || run_failed=1
  checks_passed=$((checks_passed + run_passed)) checks_failed=$((checks_failed + run_failed))
}
