"""What reaches the error object and the notice handler; and that the connection is usable afterwards."""

from decimal import Decimal

import psycopg
from psycopg import errors

from checks import equal
from platforms import KEYS, agrees, drift, earn, refused, spent

text, smallint, uuid = KEYS["by_text"], KEYS["by_smallint"], KEYS["by_uuid"]


def overflow(conn):
    query = "UPDATE by_text.clips SET earnings = 999999999999999999.99 WHERE id IN (%s, %s)"
    diag = refused(conn, "22003", query, [text(1), text(7)])
    equal(diag.message_primary, f'the total of campaign "{text(1)}" cannot be stored')
    equal(
        diag.message_detail,
        "Its approved clips earned 2000000000000000032.48 in all;"
        " column spent of by_text.campaigns is of type numeric(20,2).",
    )
    equal(bool(diag.message_hint), True)
    agrees(conn)


def unknown_campaign(conn):
    diag = refused(conn, "P0002", "SELECT sync_campaign(%s, 'by_text.campaigns')", [text(99)])
    equal(diag.message_primary, f'campaign "{text(99)}" does not exist')
    equal(diag.message_detail, "Table by_text.campaigns has no row with this key.")
    equal(diag.message_hint, "spend_sync_status() lists all campaigns with their keys.")


def direct_write(conn):
    diag = refused(conn, "428C9", "UPDATE by_smallint.campaigns SET spent = 1 WHERE id = %s", [smallint(1)])
    equal(diag.message_primary, 'column spent of campaign "1" cannot be written directly')
    equal(bool(diag.message_detail and diag.message_hint), True)
    agrees(conn)


def hard_budget(conn):
    """The user's own constraint: its name is what the application asks for."""
    conn.execute("UPDATE by_text.campaigns SET budget = spent + 1 WHERE id = %s", [text(1)])
    diag = refused(conn, "23514", "UPDATE by_text.clips SET earnings = earnings + 1.01 WHERE id = %s", [text(1)])
    equal((diag.constraint_name, diag.schema_name, diag.table_name), ("within_budget", "by_text", "campaigns"))
    agrees(conn)


def hard_budget_at_commit(conn):
    """Where totals are brought up at commit it is the COMMIT that fails, and the same error object that comes."""
    before = spent(conn, "at_commit", 1)
    conn.execute("UPDATE at_commit.campaigns SET budget = spent + 1 WHERE id = %s", [text(1)])
    try:
        with conn.transaction():
            earn(conn, "at_commit", 1, "1.01")
    except errors.CheckViolation as error:
        equal(error.diag.constraint_name, "within_budget")
    else:
        raise AssertionError("the budget was overrun")
    equal(spent(conn, "at_commit", 1), before)
    conn.execute("UPDATE at_commit.campaigns SET budget = NULL WHERE id = %s", [text(1)])
    agrees(conn)


def repair_reports_progress(conn):
    drift(conn, "by_uuid", Decimal("7"))
    notices = []
    conn.add_notice_handler(lambda diag: notices.append((diag.severity_nonlocalized, diag.message_primary)))
    conn.execute("CALL spend_sync_repair('by_uuid.campaigns', batch_size => 4)")
    equal([severity for severity, _ in notices], ["INFO"] * 3)
    equal([message.split(",")[0] for _, message in notices], [f"{n} of 6 campaigns done" for n in (0, 4, 6)])
    agrees(conn)


def repair_in_a_transaction(conn):
    with conn.transaction():
        refused(conn, "2D000", "CALL spend_sync_repair('by_uuid.campaigns')")
        raise psycopg.Rollback()
    agrees(conn)
