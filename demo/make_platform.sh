#!/usr/bin/env bash
# make_platform.sh CLUSTER DATABASE   an application's own tables, some of their totals wrong, in a new database.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/paths.sh"
cd "$ROOT"
cluster="$1" database="$2"

scripts/cluster.sh start "$cluster"
eval "$(scripts/cluster.sh env "$cluster")"
PGOPTIONS='-c client_min_messages=warning' dropdb --if-exists --force "$database"
createdb "$database"
psql -X -q -v ON_ERROR_STOP=1 -d "$database" -f demo/schema.sql -f demo/platform.sql
