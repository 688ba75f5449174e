# shellcheck shell=bash
# Counts what a tier checked: a list of shell functions, or what cargo says of its tests. Sourced, never run.
#
# check NAME COMMAND...   runs it; it passes if the command, and every command of the function it names, succeeds.
# eventually COMMAND...   runs it until it succeeds; fails if it has not within 30 s.
# finish                  prints `N passed, N failed`, and fails if one did.
# finish_cargo_tests STATUS LOG   the same of `cargo test`, which ended with this status and printed this.

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
finish_cargo_tests() {
  awk -v status="$1" '
    /^test result:/ { for (i = 2; i <= NF; i++) { if ($i ~ /^passed/) passed += $(i - 1); if ($i ~ /^failed/) failed += $(i - 1) } }
    END {
      if (status && !failed) failed = 1
      printf "%d passed, %d failed\n", passed, failed
      exit failed > 0
    }' "$2"
}
