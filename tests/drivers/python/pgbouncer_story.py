"""What is particular to PgBouncer in transaction mode: one server connection serves many clients in turn, and what one
leaves behind in that backend, the next would meet."""

import threading
from decimal import Decimal

import psycopg

import transactions
from checks import Checks, equal
from platforms import FLUSHED, KEYS, agrees, connect, drift, earn, spent, with_retry

checks = Checks("PgBouncer")
text = KEYS["by_text"]


def backend(conn):
    return conn.execute("SELECT pg_backend_pid()").fetchone()[0]


def set_constraints_ends_with_its_transaction():
    """Two clients, one server connection: what the first has chosen is not there for the second."""
    with connect(dbname="one_connection") as first, connect(dbname="one_connection") as second:
        with first.transaction():
            first.execute("SET CONSTRAINTS ALL IMMEDIATE")
            before = spent(first, "at_commit", 3)
            earn(first, "at_commit", 3)
            equal(spent(first, "at_commit", 3), before + Decimal("1.25"))
            pid = backend(first)
        equal(backend(second), pid)
        transactions.savepoints(second, "statement")
        transactions.savepoints(second, "commit")
        agrees(second)


def rolls_back(conn, schema):
    raise psycopg.Rollback()


def fails(conn, schema):
    conn.execute("SELECT 1 / 0")


def fails_while_totals_are_stored(conn, schema):
    for clip in 9, 15:
        earn(conn, schema, clip, "500000000000000000.00")
    conn.execute("SET CONSTRAINTS ALL IMMEDIATE")


def leaves_nothing_behind(flush, ending):
    """A total that went wrong meanwhile shows it: had the backend kept what the first client wrote, the second one's
    commit would mend it, or move it."""
    schema = FLUSHED[flush]
    with connect(dbname="one_connection") as first, connect(dbname="one_connection") as second:
        total = spent(first, schema, 3)
        try:
            with first.transaction():
                earn(first, schema, 3, "5.00")
                with first.transaction():
                    earn(first, schema, 9, "5.00")
                    raise psycopg.Rollback()
                pid = backend(first)
                ending(first, schema)
        except psycopg.Error as error:
            equal(error.sqlstate in ("22012", "22003"), True)
        drift(second, schema, Decimal("0.07"))
        equal(backend(second), pid)
        for written in FLUSHED.values():
            with second.transaction():
                earn(second, written, 4)
        equal(spent(second, schema, 3), total + Decimal("0.07"))
        second.execute(f"SELECT FROM sync_all_campaigns('{schema}.campaigns')")
        agrees(second)


def a_client_that_vanishes():
    """PgBouncer closes the server connection whose transaction nobody will end."""
    first = connect(dbname="one_connection")
    before = spent(first, "at_commit", 3)
    first.execute("BEGIN")
    earn(first, "at_commit", 3, "5.00")
    pid = backend(first)
    first.close()
    with connect(dbname="one_connection") as second:
        equal(backend(second) != pid, True)
        equal(spent(second, "at_commit", 3), before)
        earn(second, "at_commit", 3)
        agrees(second)


def attached_on_another_connection():
    """A server connection that has kept totals follows what a client on another one does to the binding."""
    with connect() as first, connect() as second:
        with first.transaction(), second.transaction():
            earn(first, "by_text", 3)
            earn(second, "by_text", 4)
            equal(backend(first) != backend(second), True)
        for _ in range(2):
            first.execute("SELECT spend_sync_detach('by_text.campaigns')")
            with first.transaction(), second.transaction():
                before = spent(first, "by_text", 3)
                earn(first, "by_text", 3)
                earn(second, "by_text", 4)
                equal(spent(first, "by_text", 3), before)
            second.execute("SELECT spend_sync_attach('by_text.campaigns', 'by_text.clips', 'by_text.clip_submissions')")
            with first.transaction(), second.transaction():
                earn(first, "by_text", 3)
                earn(second, "by_text", 4)
            agrees(first)


def eight_clients():
    """Eight clients on three server connections, each transaction over totals of both kinds, in turn at once."""
    failures = []

    def writer(number):
        def work(conn):
            conn.execute(f"SET CONSTRAINTS ALL {moment}")
            earn(conn, "by_integer", (number + turn) % 24 + 1)
            earn(conn, "at_commit", (number + turn) % 24 + 1)
            earn(conn, "by_integer", (number + turn * 7) % 24 + 1)

        try:
            with connect() as conn:
                for turn in range(25):
                    moment = ("IMMEDIATE", "DEFERRED")[(number + turn) % 2]
                    with_retry(conn, work)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=writer, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    equal(failures, [])
    with connect() as conn:
        sums = conn.execute("SELECT sum(earnings) FROM by_integer.clips WHERE id <= %s", [KEYS["by_integer"](24)])
        earned = sums.fetchone()[0]
        equal(earned >= 8 * 25 * 2 * Decimal("1.25"), True)
        agrees(conn)


checks.check("SET CONSTRAINTS ends with its transaction", set_constraints_ends_with_its_transaction)
for flush in "statement", "commit":
    for ending in rolls_back, fails, fails_while_totals_are_stored:
        name = f"nothing is left of a transaction that {ending.__name__.replace('_', ' ')}, flush = {flush}"
        checks.check(name, leaves_nothing_behind, flush, ending)
checks.check("nothing is left of a client that vanishes", a_client_that_vanishes)
checks.check("detach and attach on another server connection", attached_on_another_connection)
checks.check("eight clients on three server connections", eight_clients)
checks.finish()
