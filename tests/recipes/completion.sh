# shellcheck shell=bash disable=SC2154
# Completing a campaign when its budget is reached.

completion_of() {
  query -c "SELECT status, \"completionReason\", \"completedAt\" IS NOT NULL FROM campaigns
    WHERE title = 'Ultimate Test Campaign'"
}
is_completed() { diff <(echo 'COMPLETED|BUDGET_REACHED|t') <(completion_of); }
is_active() { diff <(echo 'ACTIVE||f') <(completion_of); }
approve_one='UPDATE clip_submissions SET status = $$APPROVED$$ WHERE "clipUrl" = $$https://clips.example/50$$'
reach_budget="UPDATE clips SET earnings = earnings + 6000 WHERE url = 'https://clips.example/1'"

complete() {
  run completion
  shows completion-reached
  is_completed
  agrees
}

refuse_approvals() {
  run completion-approvals
  shows completion-refused
  agrees
}

undone_when_rolled_back() {
  query -c 'BEGIN' -c "$reach_budget" -c 'ROLLBACK'
  is_active
  brought_up_at commit
  query -c 'BEGIN' -c "$reach_budget" -c 'COMMIT'
  is_completed
  agrees
}

# Whoever approves waits for the write that may complete the campaign.
approve_meanwhile() {
  open_session
  first "BEGIN; $reach_budget;"
  waits "SET ROLE app; $approve_one"
  first "$1;"
  case "$1" in
    COMMIT) ended 'campaign cmultimatetestcampaign001 is completed' ;;
    ROLLBACK) ended ;;
  esac
  close_session
  agrees
}

# The other kind of trigger: a second update of the row.
complete_afterwards() {
  query <<'SQL'
CREATE FUNCTION complete_campaign_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE campaigns SET status = 'COMPLETED', "completedAt" = now(), "completionReason" = 'BUDGET_REACHED'
  WHERE id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER complete_campaign_after AFTER UPDATE OF spent, budget ON campaigns
FOR EACH ROW WHEN (NEW.spent >= NEW.budget AND NEW.status = 'ACTIVE') EXECUTE FUNCTION complete_campaign_after();
SQL
  query -c "SET ROLE app; $reach_budget"
  is_completed
  agrees
}

recipe completion
check "completion: by a BEFORE trigger, when the budget is reached" complete
check "completion: no further approvals" refuse_approvals
recipe completion_race
run completion
run completion-approvals
check "completion: an approval that meets the write that completes: rolled back" approve_meanwhile ROLLBACK
check "completion: nothing of it after a rollback; at commit with flush => 'commit'" undone_when_rolled_back
recipe completion_race_lost
run completion
run completion-approvals
check "completion: an approval that meets the write that completes: committed" approve_meanwhile COMMIT
recipe completion_after
check "completion: by an AFTER trigger" complete_afterwards
