# shellcheck shell=bash disable=SC2154
# Row-level security, enabled and forced, with Supabase's roles and claims, and functions that its API must not offer.

install_beside_the_api() {
  query -f tests/recipes/supabase_roles.sql
  run rls-extension
  query -c 'SET ROLE owner' -c "SELECT extensions.spend_sync_attach('campaigns')" >/dev/null 2>&1
  run rls-policies
  agrees
}

write_under_policies() {
  local others
  others="$(query -c "SELECT sum(earnings) FROM clips WHERE \"userId\" <> '$creator'")"
  shows rls-writer
  [ "$(query -c "SELECT sum(earnings) FROM clips WHERE \"userId\" <> '$creator'")" = "$others" ]
  agrees
}

# Campaigns that the writer does not see get no row into an error, and their totals are right all the same.
write_what_others_share() {
  query "${as_creator[@]}" -c 'UPDATE clips SET earnings = earnings * 2' \
    -c "DELETE FROM clips WHERE url = 'https://clips.example/1'"
  is_refused 'violates row-level security policy' "${as_creator[@]}" \
    -c "INSERT INTO clip_submissions (id, \"userId\", \"campaignId\", \"clipUrl\", platform, status)
        SELECT 'own', '$creator', id, 'https://clips.example/own', 'TIKTOK', 'APPROVED' FROM campaigns LIMIT 1"
  agrees
}

owner_looks_and_repairs() {
  by_hand "UPDATE campaigns SET spent = 0 WHERE id = 'cmultimatetestcampaign001'"
  diff <(echo '40|1') <(query -c 'SET ROLE owner' \
    -c 'SELECT count(*), count(*) FILTER (WHERE needs_sync) FROM extensions.spend_sync_status()')
  query -c 'SET ROLE owner' -c "SELECT extensions.sync_campaign('cmultimatetestcampaign001')" >/dev/null
  agrees
}

keep_out_of_the_api() {
  local role call
  run rls-sync 'CREATE FUNCTION public' 'SET ROLE owner; CREATE FUNCTION public'
  for role in anon authenticated; do
    for call in "sync_spend('any')" 'extensions.sync_all_campaigns()' 'extensions.spend_sync_status()'; do
      is_refused 'permission denied for function' -c "SET ROLE $role; SELECT $call"
    done
  done
  by_hand "UPDATE campaigns SET spent = 0 WHERE id = 'cmultimatetestcampaign001'"
  query -c "SET ROLE service_role; SELECT old_spent FROM sync_spend('cmultimatetestcampaign001')" | grep -x 0.00
  agrees
}

recipe supabase drifted
creator="$(query -c "SELECT id FROM users WHERE email = 'creator2@example.com'")"
# PostgREST sets the role and the claims.
as_creator=(-c 'SET ROLE authenticated' -c "SET request.jwt.claims = '{\"sub\": \"$creator\"}'")
check "supabase: the extension in a schema that is not exposed, policies forced on the owner" install_beside_the_api
check "supabase: a creator writes its own clips, and sees no other campaign" write_under_policies
check "supabase: what a creator writes reaches totals of others too" write_what_others_share
check "supabase: the owner, on whom policies are forced, looks and repairs" owner_looks_and_repairs
check "supabase: only the service's role can repair through the API" keep_out_of_the_api
