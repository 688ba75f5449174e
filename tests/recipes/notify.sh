# shellcheck shell=bash disable=SC2154
# NOTIFY on change of spent.

notify_who_listens() {
  run notify
  shows notify-heard
  agrees
}

notify_once() {
  shows notify-coalesced
  brought_up_at statement
  agrees
}

# A dashboard is another session, and the application another role: one statement over a campaign's 60 clips.
notify_another_session() {
  local told
  open_session
  first 'LISTEN campaign_spent;'
  query -c "SET ROLE app; UPDATE clips SET earnings = earnings + 1 WHERE id IN
    (SELECT \"clipId\" FROM clip_submissions WHERE \"campaignId\" = 'cmultimatetestcampaign001')"
  told="$(first 'SELECT 1;')"
  close_session
  [ "$(grep -c '"campaign_spent" with payload' <<<"$told")" = 1 ]
  grep -F "\"spent\" : $(query -c "SELECT spent FROM campaigns WHERE id = 'cmultimatetestcampaign001'")," <<<"$told"
}

notify_for_each_statement() {
  local told
  open_session
  first 'LISTEN campaign_spent;'
  query -c "BEGIN;
    $(printf "UPDATE clips SET earnings = earnings + 1 WHERE url = 'https://clips.example/%d';" 1 2 3)
    COMMIT"
  told="$(first 'SELECT 1;')"
  close_session
  [ "$(grep -c '"campaign_spent" with payload' <<<"$told")" = 3 ]
}

recipe notify
check "notify: who listens hears of what was committed, and of changes only" notify_who_listens
check "notify: once for each campaign and transaction, with flush => 'commit'" notify_once
check "notify: another session hears once of a statement over many clips" notify_another_session
check "notify: a transaction of three statements notifies three times" notify_for_each_statement
