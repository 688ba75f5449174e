# shellcheck shell=bash
# Four clients, each of 50 single inserts a transaction: clips of its own and links to them, in a campaign of its own. They
# never meet, so none may be a deadlock's victim, whatever ties the links; nor may guards cost more than noise. Sourced
# by run.sh.

clients=4 transactions=15 rounds=4

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

# transactions_per_second KEYS LOAD: of one run, in which every transaction must commit
transactions_per_second() {
  inserters_of "$2" >"$BUILD/log/inserters_$2.sql"
  local output
  output="$("$PG_BIN/pgbench" --no-vacuum --client "$clients" --jobs "$clients" --transactions "$transactions" \
    --file "$BUILD/log/inserters_$2.sql" "inserters_$1" 2>&1)" || { echo "$output" >&2; return 1; }
  grep -q "actually processed: $((clients * transactions))/" <<<"$output" || { echo "$output" >&2; return 1; }
  sed -n 's/^tps = \([0-9.]*\) .*/\1/p' <<<"$output"
}

create_inserters() {
  local keys
  for keys in immediate deferred none; do
    createdb "inserters_$keys"
    psql -X -q -v ON_ERROR_STOP=1 -v keys="$keys" -d "inserters_$keys" -f "$ROOT/tests/deadlocks/inserters.sql"
  done
}

# The best of some rounds, in turn: others may be at work on the machine.
inserters_go_side_by_side() {
  local load="$1" round keys
  shift
  declare -A best
  for ((round = 0; round < rounds; round++)); do
    for keys in "$@"; do
      local now
      now="$(transactions_per_second "$keys" "$load")"
      best[$keys]="$(printf '%s\n' "${best[$keys]:-0}" "$now" | sort -g | tail -n 1)"
    done
  done
  for keys in "$@"; do
    echo "$load, $keys: ${best[$keys]} transactions a second"
    psql -X -q -A -t -d "inserters_$keys" -c "SELECT count(*) FROM spend_sync_status() WHERE needs_sync" | grep -qx 0
  done | tee -a "$BUILD/log/inserters.out"
  # 1.1 is to be reached; one in four is what a busy machine scatters by.
  [ "$load" = links_first ] || awk -v none="${best[none]}" -v tied="${best[immediate]}" 'BEGIN { exit !(none * 1.25 >= tied) }'
}
