# shellcheck shell=bash disable=SC2154
# A nightly repair with pg_cron. The test does not wait for the night: each minute will do.

nightly_drift() {
  by_hand "UPDATE clips SET earnings = earnings + 5 WHERE url = 'https://clips.example/1'"
  by_hand "UPDATE campaigns SET spent = 0 WHERE title = 'Ember Creator Week'"
}

schedule() {
  run cron-schedule '15 3 * * *' '* * * * *' '45 3 * * *' '* * * * *'
  diff <(printf '%s|night_shift\n' 'forget old runs' 'repair spent') \
    <(query -c 'SELECT jobname, username FROM cron.job ORDER BY 1')
  run cron-alert
  diff <(echo 'the repair has not run for a day|it never ran') <(query -c 'SELECT * FROM spend_alert')
}

runs() { query -c "SELECT jobid, status, return_message FROM cron.job_run_details ORDER BY jobid"; }
both_ran() { [ "$(runs | grep '|succeeded|' | cut -d '|' -f 1 | sort -u | wc -l)" = 2 ]; }

# A minute, and some seconds for the job.
await_repair() {
  eventually both_ran || eventually both_ran || eventually both_ran || { runs; return 1; }
  agrees
  shows cron-alerted
}

after_the_night() {
  export PGDATABASE=nightly
  check "nightly: pg_cron's job repairs, and the alert tells" await_repair
}

recipe nightly
check "nightly: scheduled by a role that may do nothing else" schedule
nightly_drift
