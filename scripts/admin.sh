#!/usr/bin/env bash
# The admin page on the demo's cluster: a platform of its own, attached, its drifted totals not yet repaired.
# LISTEN=127.0.0.1:8787; SPEND_SYNC_ADMIN_TOKEN, or one is made up. Ctrl-C ends it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib/paths.sh"
cd "$ROOT"

demo/make_platform.sh demo admin
eval "$(scripts/cluster.sh env demo)"
scripts/attach_for_admin.sh admin

cargo build --quiet -p spend-sync-admin
SPEND_SYNC_ADMIN_TOKEN="${SPEND_SYNC_ADMIN_TOKEN:-$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')}"
LISTEN="${LISTEN:-127.0.0.1:8787}"
DATABASE_URL="postgres://spend_sync_admin@localhost/admin?host=$PGHOST"
export SPEND_SYNC_ADMIN_TOKEN LISTEN DATABASE_URL
cat <<TEXT

The page, signed in:

    http://$LISTEN/#token=$SPEND_SYNC_ADMIN_TOKEN

The preview, from a shell:

    curl -H 'Authorization: Bearer $SPEND_SYNC_ADMIN_TOKEN' http://$LISTEN/api/admin/campaigns/sync-spend

Ctrl-C ends it.

TEXT
exec "${CARGO_TARGET_DIR:-target}/debug/spend-sync-admin"
