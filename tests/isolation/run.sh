#!/usr/bin/env bash
# colliding sessions, step by step (ISOLATION=name for one)
#
# run.sh [NAME]   those of specs/, by pg_isolation_regress. The last line is `N passed, N failed`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib/paths.sh"

exec "$ROOT/scripts/lib/expected.sh" isolation "$@"
