#!/usr/bin/env bash
# the same as regress, every total summed on every write
set -euo pipefail
export TOTALS=summed
exec "$(dirname "${BASH_SOURCE[0]}")/../regress/run.sh" "$@"
