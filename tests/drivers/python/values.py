"""Bind parameters of every type of key; results that are exact."""

import json
from decimal import Decimal
from functools import partial

from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from checks import equal
from platforms import KEYS, agrees, drift, earn, refused, spent

bigint, uuid = KEYS["by_bigint"], KEYS["by_uuid"]



def binds_keys(conn, schema):
    """The natural call, whatever Python type the key has: psycopg sends str untyped, int and UUID typed."""
    before = spent(conn, schema, 3)
    drift(conn, schema, Decimal("10.50"))
    row = conn.execute("SELECT * FROM sync_campaign(%s, %s)", [KEYS[schema](3), f"{schema}.campaigns"]).fetchone()
    total = f"{schema}.campaigns.spent"
    equal(row, (str(KEYS[schema](3)), "Campaign 3", before + Decimal("10.50"), before, Decimal("-10.50"), 4, total))
    conn.execute("SELECT FROM sync_all_campaigns(%s)", [f"{schema}.campaigns"])
    agrees(conn)


def binds_keys_as_text(conn, schema):
    """A key of any type may be sent as str: untyped, it goes to sync_campaign(text), which reads the key."""
    key = str(KEYS[schema](2))
    row = conn.execute("SELECT campaign_id FROM sync_campaign(%s, %s)", [key, f"{schema}.campaigns"]).fetchone()
    equal(row, (key,))


def binds_keys_in_binary(conn, schema):
    query = f"SELECT campaign_id FROM sync_campaign(%b, '{schema}.campaigns')"
    equal(conn.execute(query, [KEYS[schema](2)]).fetchone(), (str(KEYS[schema](2)),))


def numeric_keys_need_a_cast(conn):
    """A Decimal is numeric to PostgreSQL, which turns it into no type of key by itself."""
    refused(conn, "42883", "SELECT sync_campaign(%s, 'by_bigint.campaigns')", [Decimal(bigint(1))])
    query = "SELECT campaign_id FROM sync_campaign(%s::bigint, 'by_bigint.campaigns')"
    equal(conn.execute(query, [Decimal(bigint(1))]).fetchone(), (str(bigint(1)),))


def finds_the_table(conn):
    """Without a second argument it is the one attached table that the search path sees."""
    with conn.transaction():
        conn.execute("SET LOCAL search_path = by_uuid, public")
        equal(conn.execute("SELECT campaign_id FROM sync_campaign(%s)", [uuid(1)]).fetchone(), (str(uuid(1)),))


def totals_are_decimals(conn):
    earn(conn, "by_bigint", 1, "9007199254740993.07")
    before = spent(conn, "by_bigint", 1)
    equal(before, Decimal("9007199254741034.07"))
    drift(conn, "by_bigint", None)
    rows = conn.cursor(row_factory=dict_row)
    status = rows.execute("SELECT * FROM spend_sync_status('by_bigint.campaigns')").fetchone()
    equal(status, {
        "campaign_id": str(bigint(1)), "title": "Campaign 1", "recorded_spent": None, "actual_spent": before,
        "difference": before, "needs_sync": True, "approved_clips": 4, "total": "by_bigint.campaigns.spent",
    })  # fmt: skip
    row = rows.execute("SELECT * FROM sync_campaign(%s, 'by_bigint.campaigns')", [bigint(1)]).fetchone()
    equal((row["old_spent"], row["new_spent"], row["difference"]), (None, before, before))
    conn.execute("SELECT FROM sync_all_campaigns('by_bigint.campaigns')")
    agrees(conn)


def report_is_exact(conn):
    """json.loads would make floats of the report's numbers."""
    set_json_loads(partial(json.loads, parse_float=Decimal), conn)
    report = conn.execute("SELECT spend_sync_report('by_bigint.campaigns')").fetchone()[0]
    equal(report["campaigns"][0]["recordedSpent"], Decimal("9007199254741034.07"))
    equal(report["summary"], {"total": 6, "needsSync": 0, "inSync": 6, "totalDifference": 0})
    earn(conn, "by_bigint", 1, "-9007199254740993.07")
