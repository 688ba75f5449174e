# shellcheck shell=bash disable=SC2154
# A hard budget.

earn_more() { echo "UPDATE clips SET earnings = earnings + $1 WHERE url = 'https://clips.example/$2'"; }
spent() { query -c "SELECT spent FROM campaigns WHERE title = 'Ultimate Test Campaign'"; }

overspend_in_turn() {
  run budget-constraint
  shows budget-overspend
  agrees
}

# Before the constraint, two campaigns have spent more than they have now.
validate_later() {
  query -c "UPDATE campaigns SET budget = 5000 WHERE title IN ('Basalt Summer Push', 'Ember Creator Week')"
  run budget-constraint
  shows budget-validate
  agrees
}

# 5453.68 are left: each of the two fits, both do not.
overspend_together() {
  local outcome="$1" before
  before="$(spent)"
  open_session
  first "BEGIN; $(earn_more 3000 1);"
  waits "$(earn_more 3000 2)"
  first "$outcome;"
  case "$outcome" in
    COMMIT) ended 'violates check constraint "spent_within_budget"' ;;
    ROLLBACK) ended ;;
  esac
  close_session
  diff <(query -c "SELECT $before + 3000") <(spent)
  agrees
}

overspend_at_commit() {
  local before
  before="$(spent)"
  brought_up_at commit
  is_refused 'violates check constraint "spent_within_budget"' -c 'BEGIN' -c "$(earn_more 6000 1)" -c '\echo written' -c 'COMMIT'
  grep -x written "$out/refused"
  brought_up_at statement
  [ "$(spent)" = "$before" ]
  agrees
}

# Nothing of a statement over two campaigns is kept where one of them is over its budget.
overspend_one_of_two() {
  local before
  before="$(query -c 'SELECT sum(earnings) FROM clips')"
  is_refused spent_within_budget -c "UPDATE clips SET earnings = earnings + 6000
    WHERE url IN ('https://clips.example/1', 'https://clips.example/100')"
  [ "$(query -c 'SELECT sum(earnings) FROM clips')" = "$before" ]
  agrees
}

repair_an_overspent_total() {
  run budget-constraint
  by_hand "$(earn_more 6000 1)"
  drifted
  query -c 'SELECT sync_all_campaigns()' 2>"$out/warned" >/dev/null
  grep 'WARNING:  campaign .* could not be repaired: .*spent_within_budget' "$out/warned"
  drifted
  query -c "UPDATE campaigns SET budget = 20000 WHERE title = 'Ultimate Test Campaign'"
  query -c 'SELECT sync_all_campaigns()' >/dev/null
  agrees
}

recipe budget_validate
check "budget: made NOT VALID on overspent campaigns, then validated" validate_later
recipe budget
check "budget: the overspending write fails whole, its constraint's name in the error" overspend_in_turn
check "budget: one statement, two campaigns: all of it fails" overspend_one_of_two
check "budget: with flush => 'commit', the error comes from COMMIT" overspend_at_commit
check "budget: of two sessions that overspend together, the first rolls back" overspend_together ROLLBACK
query -c "$(earn_more -3000 2)"
check "budget: of two sessions that overspend together, the second fails" overspend_together COMMIT
recipe budget_repair
check "budget: a repair leaves a total alone that is over the budget, and says so" repair_an_overspent_total
