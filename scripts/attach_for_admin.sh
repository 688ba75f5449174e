#!/usr/bin/env bash
# attach_for_admin.sh DATABASE   attaches a database of demo/make_platform.sh's with its drifted totals as they are, and makes
# the role that the admin endpoint connects as.
set -euo pipefail
PGOPTIONS='-c client_min_messages=warning' psql -X -q -o /dev/null -v ON_ERROR_STOP=1 -d "$1" \
  -c 'CREATE EXTENSION spend_sync' \
  -c 'CREATE INDEX ON clip_submissions ("clipId")' \
  -c 'SELECT * FROM spend_sync_attach(sync => false)' \
  -c 'DROP ROLE IF EXISTS spend_sync_admin' \
  -f "$(dirname "${BASH_SOURCE[0]}")/../admin/role.sql"
