#!/usr/bin/env bash
# fuzz.sh [TARGET]   throws random input at whatever parses text or bytes (fuzz/), SECONDS_TO_RUN for each target. Needs a
# nightly compiler; cargo-fuzz is built once. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
source "$ROOT/scripts/lib/tools.sh"
cd "$ROOT"

rustup run nightly rustc --version >/dev/null 2>&1 || fail "no nightly compiler: rustup toolchain install nightly"
ensure_tool cargo-fuzz 0.13.2 "a minute or two"

passed=0 failed=0
export CARGO_TARGET_DIR="$BUILD/fuzz/target"
for target in ${1:-money key mapping}; do
  mkdir -p "$BUILD/fuzz/corpus/$target" "$BUILD/fuzz/artifacts/$target"
  echo "== $target"
  if rustup run nightly cargo fuzz run "$target" "$BUILD/fuzz/corpus/$target" -- -verbosity=0 -print_final_stats=1 \
    -max_total_time="${SECONDS_TO_RUN:-60}" -artifact_prefix="$BUILD/fuzz/artifacts/$target/"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
