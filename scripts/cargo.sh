#!/usr/bin/env bash
# cargo.sh ARGUMENTS...   cargo, knowing the private PostgreSQL and the pinned cargo-pgrx.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
cd "$ROOT"
exec cargo "$@"
