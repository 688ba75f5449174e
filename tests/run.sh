#!/usr/bin/env bash
# run.sh TIER...   runs `make test-TIER` one after the other, whatever fails, and adds up what they counted.
# The last line is `N passed, N failed`, over all tiers; a tier that did not get as far as counting is one failure, and so is
# one that stands still: no tier needs half of its time.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/checks.sh"
cd "$ROOT"
mkdir -p "$BUILD/log"

tier_seconds_max=1800

summary=""
for tier in "$@"; do
  printf '\n== %s\n' "$tier"
  log="$BUILD/log/test_$tier.out" started=$SECONDS status=0
  timeout --kill-after=60 "$tier_seconds_max" make --no-print-directory "test-$tier" 2>&1 | tee "$log" || status=$?
  count_run "$status" "$log"
  summary+="$(printf '%-16s %5d passed, %d failed  (%d s)' "$tier" "$run_passed" "$run_failed" $((SECONDS - started)))"$'\n'
done
printf '\n== summary\n%s' "$summary"
finish
