"""What an application does through psycopg 3: directly, and (DRIVERS_POOLED) through PgBouncer in transaction mode."""

import refusals
import statements
import transactions
import values
from checks import Checks
from platforms import KEYS, POOLED, agrees, connect

checks = Checks("psycopg through PgBouncer" if POOLED else "psycopg")


def check(name, function, *arguments):
    """Each on a connection of its own."""
    with connect() as conn:
        checks.check(name, function, conn, *arguments)


for schema in KEYS:
    check(f"bind parameters of {schema[3:]} keys", values.binds_keys, schema)
    check(f"bind parameters of {schema[3:]} keys, as str", values.binds_keys_as_text, schema)
    check(f"bind parameters of {schema[3:]} keys, in binary", values.binds_keys_in_binary, schema)
check("a Decimal key needs a cast", values.numeric_keys_need_a_cast)
check("the campaigns table by search path", values.finds_the_table)
check("totals are Decimal; a NULL old_spent is None", values.totals_are_decimals)
check("the report's numbers are exact", values.report_is_exact)
if not POOLED:
    check("prepared statements with generic plans, across detach and attach", statements.prepared_statements_follow)
check("a pipeline", statements.pipelines)
check("a pipeline that is aborted", statements.aborted_pipelines)
check("executemany", statements.batches)
for schema in "by_text", "by_bigint", "by_uuid":
    check(f"COPY of clips and submissions, {schema[3:]} keys", statements.copies_text, schema)
    check(f"binary COPY of clips and submissions, {schema[3:]} keys", statements.copies_binary, schema)
for flush in "statement", "commit":
    check(f"savepoints, flush = {flush}", transactions.savepoints, flush)
    check(f"a rolled back transaction, flush = {flush}", transactions.rollbacks, flush)
check("SET CONSTRAINTS ALL IMMEDIATE brings up what waits", transactions.at_once)
for level in "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE":
    for flush in "statement", "commit":
        check(f"two writers of one campaign, {level}, flush = {flush}", transactions.isolation, level, flush)
check("a deadlock is tried again", transactions.deadlock)
check("22003: a total that does not fit", refusals.overflow)
check("P0002: no such campaign", refusals.unknown_campaign)
check("428C9: a direct write that is rejected", refusals.direct_write)
check("23514: the user's constraint, by name", refusals.hard_budget)
check("23514: the user's constraint, at commit", refusals.hard_budget_at_commit)
check("CALL spend_sync_repair() reports progress", refusals.repair_reports_progress)
check("CALL spend_sync_repair() in a transaction: 2D000", refusals.repair_in_a_transaction)
check("the lines of docs/drivers.md", transactions.documented)
check("every total equals the plain sum", agrees)
checks.finish()
