#!/usr/bin/env bash
# scripts with expected output (REGRESS=name for one)
#
# run.sh [NAME]   those of sql/, by pg_regress. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"
source "$ROOT/scripts/lib/expected.sh"

run_expected regress sql .sql regress/pg_regress "$@"
