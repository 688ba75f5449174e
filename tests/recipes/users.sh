# shellcheck shell=bash disable=SC2154
# users.earned beside campaigns.spent: one write moves both; and a balance that payouts are taken off.

users_agree() { diff /dev/null <(query -f tests/recipes/users_oracle.sql); }
both_agree() {
  agrees
  users_agree
}

preview_and_repair() {
  run users-attach
  shows users-preview
  both_agree
}

move_both() {
  shows users-both
  both_agree
}

# A payout changes the balance, and never what was earned.
pay_out() {
  run users-payouts
  shows users-pay
  diff <(echo 0) <(query -c 'SELECT count(*) FROM users WHERE balance IS DISTINCT FROM earned - paid')
  query -c "UPDATE clips SET earnings = earnings WHERE url = 'https://clips.example/1'"
  both_agree
}

# A payment leaves the campaign's total, and stays in the user's.
pay() {
  local before
  before="$(query -c 'SELECT sum(earned) FROM users')"
  query -c "UPDATE clip_submissions SET status = 'PAID'
    WHERE \"campaignId\" = 'cmultimatetestcampaign001' AND status = 'APPROVED'"
  diff <(echo 0.00) <(query -c "SELECT spent FROM campaigns WHERE id = 'cmultimatetestcampaign001'")
  diff <(echo "$before") <(query -c 'SELECT sum(earned) FROM users')
  both_agree
}

# The submitter's, not the clip's owner's.
move_to_another_submitter() {
  query -c "UPDATE clip_submissions SET \"userId\" = (SELECT id FROM users WHERE email = 'creator9@example.com')
    WHERE \"clipUrl\" LIKE 'https://clips.example/1__'"
  both_agree
}

write_together() {
  pgbench --no-vacuum --client=4 --jobs=2 --transactions=100 --max-tries=50 \
    --file=demo/writers/track.sql@3 --file=demo/writers/review.sql@2 --file=demo/writers/both.sql@1 \
    >"$out/users.log" 2>&1
  grep -F 'number of transactions actually processed: 400/400' "$out/users.log"
  both_agree
}

recipe users
check "users: previewed, then repaired" preview_and_repair
check "users: a write moves both totals" move_both
check "users: a payout is taken off the balance" pay_out
check "users: a payment leaves the campaign's total, not the user's" pay
check "users: the submitter's earnings" move_to_another_submitter
check "users: many writers" write_together
