# shellcheck shell=bash
# Four clients, each of 50 single inserts a transaction: clips of its own and links to them, in a campaign of its own. They
# never meet, so none may be a deadlock's victim, whatever ties the links. Sourced by run.sh.

clients=4 transactions=50

# inserters_of LOAD: the transaction as pgbench has it
inserters_of() {
  local clip="INSERT INTO clips VALUES (nextval('numbers'), 1.5);"
  local link="INSERT INTO clip_submissions (campaign_id, clip_id) VALUES (:campaign, currval('numbers'));"
  echo "BEGIN;"
  echo "INSERT INTO campaigns VALUES (nextval('numbers')) RETURNING id AS campaign \\gset"
  local at
  for ((at = 0; at < 25; at++)); do
    case "$1" in
      clips) printf '%s\n%s\n' "$clip" "$clip" ;;
      links) printf '%s\n%s\n' "$clip" "$link" ;;
      links_first) printf '%s\n%s\n' "${link/currval/nextval}" "${clip/nextval/currval}" ;;
    esac
  done
  echo "COMMIT;"
}

create_inserters() {
  local keys
  for keys in immediate deferred none; do
    createdb "inserters_$keys"
    psql -X -q -v ON_ERROR_STOP=1 -v keys="$keys" -d "inserters_$keys" -f "$ROOT/tests/deadlocks/inserters.sql"
  done
}

# inserters_go_side_by_side LOAD KEYS...: every transaction commits, and no total is wrong
inserters_go_side_by_side() {
  local load="$1" keys
  shift
  inserters_of "$load" >"$BUILD/log/inserters_$load.sql"
  for keys in "$@"; do
    local output
    output="$("$PG_BIN/pgbench" --no-vacuum --client "$clients" --jobs "$clients" --transactions "$transactions" \
      --file "$BUILD/log/inserters_$load.sql" "inserters_$keys" 2>&1)" || { echo "$output" >&2; return 1; }
    grep -q "actually processed: $((clients * transactions))/" <<<"$output" || { echo "$output" >&2; return 1; }
    psql -X -q -A -t -d "inserters_$keys" -c "SELECT count(*) FROM spend_sync_status() WHERE needs_sync" | grep -qx 0
  done
}
