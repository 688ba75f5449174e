"""Savepoints, totals flushed at statements and at commit, isolation levels, and the retry that concurrent writers need."""

import threading
from decimal import Decimal

import psycopg

from checks import equal
from platforms import FLUSHED, KEYS, agrees, connect, earn, spent, with_retry


def savepoints(conn, flush):
    """Within the transaction the total moves after each statement, or when it commits."""
    schema = FLUSHED[flush]
    before = spent(conn, schema, 2)
    with conn.transaction():
        earn(conn, schema, 2)
        equal(spent(conn, schema, 2), before + (Decimal("1.25") if flush == "statement" else 0))
        with conn.transaction():
            earn(conn, schema, 8, "100")
            raise psycopg.Rollback()
        with conn.transaction():
            earn(conn, schema, 14)
    equal(spent(conn, schema, 2), before + Decimal("2.50"))
    agrees(conn)


def at_once(conn):
    """A transaction that wants its totals now, and from then on after each statement, says so; the next is as before."""
    before = spent(conn, "at_commit", 3)
    with conn.transaction():
        earn(conn, "at_commit", 3)
        equal(spent(conn, "at_commit", 3), before)
        conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
        equal(spent(conn, "at_commit", 3), before + Decimal("1.25"))
        earn(conn, "at_commit", 9)
        equal(spent(conn, "at_commit", 3), before + Decimal("2.50"))
    with conn.transaction():
        earn(conn, "at_commit", 3)
        equal(spent(conn, "at_commit", 3), before + Decimal("2.50"))
    equal(spent(conn, "at_commit", 3), before + Decimal("3.75"))
    agrees(conn)


def rollbacks(conn, flush):
    schema = FLUSHED[flush]
    before = spent(conn, schema, 2)
    with conn.transaction():
        earn(conn, schema, 2, "1000")
        raise psycopg.Rollback()
    equal(spent(conn, schema, 2), before)
    agrees(conn)


def isolation(conn, level, flush):
    """Another's commit after the first look ends in 40001; the second attempt goes through."""
    schema = FLUSHED[flush]
    before, attempts = spent(conn, schema, 4), []

    def work(conn):
        conn.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        spent(conn, schema, 4)
        if not attempts:
            earn(other, schema, 10)
        attempts.append(1)
        earn(conn, schema, 4)

    with connect() as other:
        with_retry(conn, work)
    equal(len(attempts), 1 if level == "READ COMMITTED" else 2)
    equal(spent(conn, schema, 4), before + Decimal("2.50"))
    agrees(conn)


def deadlock(conn):
    """Two transactions that write two campaigns' clips in opposite order: 40P01 for one, which is tried again. Who
    waits does not always go first then, so that it may take more than one attempt."""
    before = [spent(conn, "by_integer", n) for n in (1, 2)]
    attempts, both_hold_one = [], threading.Barrier(2, timeout=20)

    def writer(first, second):
        def work(conn):
            tried_before = (first, second) in attempts
            attempts.append((first, second))
            earn(conn, "by_integer", first)
            if not tried_before:
                both_hold_one.wait()
            earn(conn, "by_integer", second)

        with connect() as own:
            with_retry(own, work)

    threads = [threading.Thread(target=writer, args=clips) for clips in [(1, 2), (8, 7)]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    equal(len(attempts) > 2, True)
    equal([spent(conn, "by_integer", n) for n in (1, 2)], [total + Decimal("2.50") for total in before])
    agrees(conn)


def documented(conn):
    clip, campaign = KEYS["by_uuid"](26), KEYS["by_uuid"](2)

    def approve(conn):
        conn.execute("UPDATE by_uuid.clip_submissions SET status = 'APPROVED' WHERE \"clipId\" = %s", [clip])
        return conn.execute("SELECT spent FROM by_uuid.campaigns WHERE id = %s", [campaign]).fetchone()[0]

    total = with_retry(conn, approve)
    row = conn.execute("SELECT * FROM sync_campaign(%s, 'by_uuid.campaigns')", [campaign]).fetchone()
    equal(row, (str(campaign), "Campaign 2", total, total, Decimal("0.00"), 5, "by_uuid.campaigns.spent"))
    agrees(conn)
