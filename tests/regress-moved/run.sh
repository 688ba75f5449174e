#!/usr/bin/env bash
# the same as regress, every total moved by differences where that is possible
set -euo pipefail
export TOTALS=moved
exec "$(dirname "${BASH_SOURCE[0]}")/../regress/run.sh" "$@"
