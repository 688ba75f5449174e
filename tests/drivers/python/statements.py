"""Statements that are prepared, sent in pipelines, or streamed by COPY."""

from decimal import Decimal

from psycopg import errors

from checks import equal
from platforms import KEYS, agrees, attach, connect, earn, refused, spent

bigint, uuid = KEYS["by_bigint"], KEYS["by_uuid"]


def prepared_statements_follow(conn):
    """Generic plans, used while another session detaches and attaches."""
    update = "UPDATE by_bigint.clips SET earnings = earnings + %s WHERE id = %s"
    sync = "SELECT new_spent FROM sync_campaign(%s, 'by_bigint.campaigns')"
    for _ in range(12):
        conn.execute(update, [Decimal("0.10"), bigint(2)])
        equal(conn.execute(sync, [bigint(2)]).fetchone()[0], spent(conn, "by_bigint", 2))
    generic = """SELECT count(*) FROM pg_prepared_statements
                 WHERE generic_plans > 0 AND statement ~ 'SET earnings|FROM sync_campaign'"""
    equal(conn.execute(generic).fetchone()[0], 2)
    before = spent(conn, "by_bigint", 2)
    with connect() as other:
        other.execute("SELECT spend_sync_detach('by_bigint.campaigns')")
        conn.execute(update, [Decimal("0.10"), bigint(2)])
        equal(spent(conn, "by_bigint", 2), before)
        refused(conn, "55000", sync, [bigint(2)])
        equal(attach(other, "by_bigint")[6:], (1, Decimal("0.10")))
    conn.execute(update, [Decimal("0.10"), bigint(2)])
    equal(spent(conn, "by_bigint", 2), before + Decimal("0.20"))
    equal(conn.execute(sync, [bigint(2)]).fetchone()[0], before + Decimal("0.20"))
    agrees(conn)


def pipelines(conn):
    before = spent(conn, "by_uuid", 1)
    with conn.pipeline(), conn.transaction():
        for clip in 1, 7, 13:
            earn(conn, "by_uuid", clip)
        equal(spent(conn, "by_uuid", 1), before + 3 * Decimal("1.25"))
    agrees(conn)


def aborted_pipelines(conn):
    """What stands behind a write that fails is not executed, and nothing of the transaction stays."""
    before = spent(conn, "by_uuid", 1)
    try:
        with conn.pipeline(), conn.transaction():
            for clip, amount in (1, "1.00"), (7, "999999999999999999.99"), (13, "1.00"):
                earn(conn, "by_uuid", clip, amount)
    except errors.NumericValueOutOfRange:
        equal(spent(conn, "by_uuid", 1), before)
        agrees(conn)
    else:
        raise AssertionError("the pipeline was not aborted")


def batches(conn):
    """executemany sends a pipeline of its own."""
    conn.cursor().executemany(
        "UPDATE by_uuid.clips SET earnings = %s WHERE id = %s", [(Decimal(clip), uuid(clip)) for clip in range(1, 31)]
    )
    equal(spent(conn, "by_uuid", 1), Decimal("40.00"))
    agrees(conn)


def copies_text(conn, schema):
    key, before = KEYS[schema], spent(conn, schema, 5)
    with conn.transaction(), conn.cursor() as cursor:
        with cursor.copy(f"COPY {schema}.clips (id, earnings) FROM STDIN") as copy:
            for n in range(1000, 1050):
                copy.write_row((key(n), Decimal("2.50")))
        with cursor.copy(f'COPY {schema}.clip_submissions (id, "campaignId", "clipId", status) FROM STDIN') as copy:
            for n in range(1000, 1050):
                copy.write_row((key(n), key(5), key(n), "APPROVED"))
    equal(spent(conn, schema, 5), before + 125)
    agrees(conn)


def copies_binary(conn, schema):
    """Each value has to be of exactly the column's type; an enum's is not known by name until it is registered."""
    key, before, type_of_key = KEYS[schema], spent(conn, schema, 6), schema.removeprefix("by_")
    with conn.transaction(), conn.cursor() as cursor:
        with cursor.copy(f"COPY {schema}.clips (id, earnings) FROM STDIN (FORMAT binary)") as copy:
            copy.set_types([type_of_key, "numeric"])
            for n in range(2000, 2050):
                copy.write_row((key(n), Decimal("2.50")))
        columns = '(id, "campaignId", "clipId", status)'
        with cursor.copy(f"COPY {schema}.clip_submissions {columns} FROM STDIN (FORMAT binary)") as copy:
            copy.set_types([type_of_key] * 3 + ["text"])
            for n in range(2000, 2050):
                copy.write_row((key(n), key(6), key(n), "APPROVED"))
    equal(spent(conn, schema, 6), before + 125)
    agrees(conn)
