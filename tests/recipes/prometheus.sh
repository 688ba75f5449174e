# shellcheck shell=bash disable=SC2154
# Prometheus: what the exporter says, by exactly the rights that the recipe gives it, and what the alerts make of it.

exporter_address=127.0.0.1:19237
promtool="$PACKAGES/prometheus/usr/bin/promtool"

# In the test it connects by the socket, and does not wait for five minutes.
start_exporter() {
  block prometheus-exporter @localhost/platform @/prometheus sslmode=disable "sslmode=disable&host=${PGHOST//\//%2F}" \
    'interval: 5m' 'interval: 1s' 'interval: 30s' 'interval: 1s' >"$out/exporter.yml"
  "$PACKAGES/prometheus-sql-exporter/usr/bin/prometheus-sql-exporter" -config.file "$out/exporter.yml" \
    -web.listen-address "$exporter_address" >"$out/exporter.log" 2>&1 &
  exporter=$!
}

stop_exporter() {
  kill "$exporter"
  wait "$exporter" || true
}
metrics() { curl --silent --show-error --fail "http://$exporter_address/metrics" | grep '^sql_'; }

says() { metrics >"$out/metrics" && grep -qE "$1" "$out/metrics"; }
says_not() { metrics >"$out/metrics" && ! grep -qE "$1" "$out/metrics"; }

# The labels that say where the exporter connected differ from the recipe's.
as_in_recipe() { sed -E 's/database="[^"]*"/database="platform"/; s/host="[^"]*"/host="localhost"/'; }
show_drift() {
  by_hand "UPDATE campaigns SET spent = 3075.93 WHERE id = 'cmultimatetestcampaign001'"
  eventually says 'campaign="cmultimatetestcampaign001"'
  diff <(block prometheus-metrics) <(metrics | grep ^sql_spend_drift | as_in_recipe)
}

drift_goes_with_a_repair() {
  query -c "SELECT sync_campaign('cmultimatetestcampaign001')" >/dev/null
  eventually says_not 'campaign="cmultimatetestcampaign001"'
  says 'sql_spend_drift.*campaign="".* 0$'
  eventually says 'sql_spend_corrections.*found_by="sync_campaign".* 1$'
  agrees
}

has_no_other_right() {
  local table
  for table in campaigns clips clip_submissions users; do
    is_refused "permission denied for table $table" -c "SET ROLE exporter; SELECT FROM $table"
  done
  diff <(echo 0) <(query -c 'SET ROLE exporter' -c 'SELECT count(campaign_id) FROM spend_sync.correction')
  is_refused 'permission denied for schema monitoring' -c 'SET ROLE app; SELECT monitoring.drift()'
}

# What the last alert rests on.
says_that_it_fails() {
  query -c 'REVOKE EXECUTE ON FUNCTION monitoring.drift() FROM exporter'
  eventually says 'sql_exporter_last_scrape_failed.*sql_job="drift".* 1$'
}

alerts_fire() {
  block prometheus-alerts >"$out/alerts.yml"
  cp tests/recipes/alerts_test.yml "$out/"
  "$promtool" check rules "$out/alerts.yml"
  "$promtool" test rules "$out/alerts_test.yml"
}

recipe prometheus
run prometheus-role
start_exporter
check "prometheus: the exporter shows a campaign's drift" show_drift
check "prometheus: after a repair it is gone, and the correction shows" drift_goes_with_a_repair
check "prometheus: the exporter's role can do nothing else" has_no_other_right
check "prometheus: the exporter says that a query fails" says_that_it_fails
stop_exporter
check "prometheus: alerts fire when they should, and then only" alerts_fire
