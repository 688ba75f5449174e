# shellcheck shell=bash disable=SC2154
# Prisma: what its migrations do to an attached platform. tests/recipes/prisma/ has the SQL that its schema engine gave
# for a change in schema.prisma.

# Statement by statement, as Prisma's adapters send them: what fails half way has done the first half.
migrate() { query -f "tests/recipes/prisma/$1.sql" >/dev/null; }

writes_and_agrees() {
  query -c 'UPDATE clips SET earnings = earnings + 1'
  query -c "UPDATE clip_submissions SET status = 'REJECTED' WHERE status = 'PENDING'"
  agrees
}

unchanged() {
  migrate "$1"
  writes_and_agrees
}

widens_earnings() {
  unchanged earnings_wider
  query -c "UPDATE clips SET earnings = 1234567890.00 WHERE url = 'https://clips.example/1'"
  agrees
}

# refused MIGRATION MESSAGE
refused() {
  is_refused "$2" -f "tests/recipes/prisma/$1.sql"
  writes_and_agrees
}

attaches_in_a_migration() {
  query -f demo/schema.sql
  run prisma-migration 2>/dev/null
  diff <(echo 16) <(query -c "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'spend\_sync\_%'")
}

# `migrate reset` drops the schema, and the extension in it.
comes_back_after_reset() {
  query -c 'DROP SCHEMA "public" CASCADE; CREATE SCHEMA "public"' 2>/dev/null
  diff <(echo 0) <(query -c "SELECT count(*) FROM pg_extension WHERE extname = 'spend_sync'")
  attaches_in_a_migration
  query -f demo/platform.sql
  query -c 'SELECT sync_all_campaigns()' >/dev/null
  writes_and_agrees
}

# The renamed model's table is gone, which no extension could hold up. Writes fail rather than leave a wrong total.
loses_clips() {
  local before
  before="$(query -c 'SELECT sum(spent) FROM campaigns')"
  is_refused 'violates foreign key constraint' -f tests/recipes/prisma/clips_renamed.sql
  is_refused 'public.clips' -c 'UPDATE clip_submissions SET status = $$REJECTED$$'
  query -c 'SELECT problem FROM spend_sync_check()' | grep -F 'Table public.clips does not exist; writes fail'
  diff <(echo "$before") <(query -c 'SELECT sum(spent) FROM campaigns')
}

# Its name is the one that Prisma gives to @@index([clipId]).
index_has_prismas_name() {
  block prisma-index | grep -x '  @@index(\[clipId\])'
  diff <(echo clip_submissions_clipId_idx) \
    <(query -c "SELECT indexname FROM pg_indexes WHERE indexdef LIKE '% public.clip_submissions %(\"clipId\")'")
  migrate index_unknown
  query -c 'SELECT problem FROM spend_sync_check()' | grep -F 'no index begins with column "clipId"'
  writes_and_agrees
}

recipe prisma
check "prisma: a wider spent is followed" unchanged spent_wider
check "prisma: a status is added" unchanged status_added
query -c 'UPDATE clips SET earnings = 0 WHERE earnings IS NULL'
check "prisma: earnings made required" unchanged earnings_required
check "prisma: a bound field renamed is refused" refused earnings_renamed 'cannot drop column earnings'
# What PostgreSQL asks for, whatever is attached: these name the key and the enum, and no row has a value that goes.
query -c 'ALTER TABLE view_tracking DROP CONSTRAINT "view_tracking_clipId_fkey"' -c 'DROP INDEX clip_submissions_unique_url_per_campaign' \
  -c "UPDATE clip_submissions SET status = 'APPROVED' WHERE status = 'PAID'"
check "prisma: another type of key is followed" unchanged key_varchar
check "prisma: a status removed, by another enum, is followed" unchanged status_removed
check "prisma: wider earnings are followed" widens_earnings
check "prisma: the index is called as @@index([clipId]) is, and missed where it is dropped" index_has_prismas_name
recipe prisma_renamed
check "prisma: a model renamed loses its rows, and no total moves" loses_clips
recipe prisma_shadow template0
check "prisma: attached by a migration, in an empty shadow database" attaches_in_a_migration
recipe prisma_reset
check "prisma: after a reset the migrations bring it back" comes_back_after_reset
