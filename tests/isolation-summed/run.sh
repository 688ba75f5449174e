#!/usr/bin/env bash
# the same as isolation, every total summed on every write
set -euo pipefail
export TOTALS=summed
exec "$(dirname "${BASH_SOURCE[0]}")/../isolation/run.sh" "$@"
