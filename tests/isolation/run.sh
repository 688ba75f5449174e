#!/usr/bin/env bash
# colliding sessions, step by step (ISOLATION=name for one)
#
# run.sh [NAME]   those of specs/, by pg_isolation_regress. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/expected.sh"

run_expected isolation specs .spec isolation/pg_isolation_regress "$@"
