#!/usr/bin/env bash
# run.sh TIER...   runs `make test-TIER` one after the other, whatever fails, and adds up what they counted.
# The last line is `N passed, N failed`, over all tiers; a tier that did not get as far as counting is one failure.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/paths.sh"
cd "$ROOT" || exit
mkdir -p "$BUILD/log"

passed=0 failed=0 summary=""
for tier in "$@"; do
  printf '\n== %s\n' "$tier"
  log="$BUILD/log/test_$tier.out" started=$SECONDS tier_passed=0 tier_failed=0
  make --no-print-directory "test-$tier" 2>&1 | tee "$log"
  status=$?
  if [[ "$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)" =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    tier_passed="${BASH_REMATCH[1]}" tier_failed="${BASH_REMATCH[2]}"
  elif [ "$status" -eq 0 ]; then
    status=1
  fi
  [ "$status" -eq 0 ] || [ "$tier_failed" -gt 0 ] || tier_failed=1
  passed=$((passed + tier_passed)) failed=$((failed + tier_failed))
  summary+="$(printf '%-16s %5d passed, %d failed  (%d s)' "$tier" "$tier_passed" "$tier_failed" $((SECONDS - started)))"$'\n'
done
printf '\n== summary\n%s%d passed, %d failed\n' "$summary" "$passed" "$failed"
[ "$failed" -eq 0 ]
