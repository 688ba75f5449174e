"""The platforms of platforms.sql, and how this client reaches them."""

import os
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg import errors

from checks import equal

POOLED = "DRIVERS_POOLED" in os.environ

KEYS = {
    "by_text": lambda n: f"c{n:024}",
    "by_bigint": lambda n: 9100000000000000000 + n,
    "by_uuid": lambda n: UUID(f"c0ffee00-0000-4000-8000-{n:012}"),
    "by_integer": lambda n: 70000 + n,
    "by_smallint": lambda n: n,
}
# The platform whose totals are brought up so, and its keys.
FLUSHED = {"statement": "by_text", "commit": "at_commit"}
KEY_OF = {**KEYS, "at_commit": KEYS["by_text"]}


def connect(**parameters):
    """PGHOST and the like say where. Through PgBouncer a prepared statement would be another server's."""
    if POOLED:
        parameters["prepare_threshold"] = None
    return psycopg.connect(autocommit=True, **parameters)


def spent(conn, schema, n):
    return conn.execute(f"SELECT spent FROM {schema}.campaigns WHERE id = %s", [KEY_OF[schema](n)]).fetchone()[0]


def earn(conn, schema, clip, amount="1.25"):
    conn.execute(
        f"UPDATE {schema}.clips SET earnings = earnings + %s WHERE id = %s", [Decimal(amount), KEY_OF[schema](clip)]
    )


def agrees(conn):
    equal(conn.execute("SELECT * FROM truth WHERE spent IS DISTINCT FROM sum").fetchall(), [])


def drift(conn, schema, amount):
    conn.execute("SELECT drift(%s, %s)", [f"{schema}.campaigns", amount])


def attach(conn, schema):
    tables = [f"{schema}.campaigns", f"{schema}.clips", f"{schema}.clip_submissions"]
    return conn.execute("SELECT * FROM spend_sync_attach(%s, %s, %s)", tables).fetchone()


def refused(conn, sqlstate, query, parameters=()):
    """Runs what has to fail; gives what the driver's error object tells."""
    try:
        conn.execute(query, parameters)
    except psycopg.Error as error:
        equal(error.sqlstate, sqlstate)
        return error.diag
    raise AssertionError(f"not refused: {query}")


def with_retry(conn, work):
    """The loop around every transaction that may meet another."""
    for attempt in range(5):
        try:
            with conn.transaction():
                return work(conn)
        except (errors.SerializationFailure, errors.DeadlockDetected):
            if attempt == 4:
                raise
