#!/usr/bin/env bash
# scripts with expected output (REGRESS=name for one)
#
# run.sh [NAME]   those of sql/, by pg_regress. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"

exec "$ROOT/scripts/lib/expected.sh" regress "$@"
