package drivers;

import static drivers.Platforms.*;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Savepoints, totals flushed at statements and at commit, isolation levels, and the retry that concurrent writers need. */
final class Transactions {
    /** Within the transaction the total moves after each statement, or when it commits. */
    static void savepoints(Connection connection, String flush) throws SQLException {
        String schema = flushed(flush);
        BigDecimal before = spent(connection, schema, 2);
        transaction(connection, c -> {
            earn(c, schema, 2, "1.25");
            equal(spent(c, schema, 2), plus(before, flush.equals("statement") ? "1.25" : "0.00"));
            var doubtful = c.setSavepoint();
            earn(c, schema, 8, "100");
            c.rollback(doubtful);
            earn(c, schema, 14, "1.25");
        });
        equal(spent(connection, schema, 2), plus(before, "2.50"));
        connection.setAutoCommit(false);
        earn(connection, schema, 2, "1000");
        connection.rollback();
        equal(spent(connection, schema, 2), plus(before, "2.50"));
        agrees(connection);
    }

    /** A transaction that wants its totals now, and from then on after each statement, says so; the next is as before. */
    static void atOnce(Connection connection) throws SQLException {
        BigDecimal before = spent(connection, "at_commit", 3);
        transaction(connection, c -> {
            earn(c, "at_commit", 3, "1.25");
            equal(spent(c, "at_commit", 3), before);
            write(c, "SET CONSTRAINTS ALL IMMEDIATE");
            equal(spent(c, "at_commit", 3), plus(before, "1.25"));
            earn(c, "at_commit", 9, "1.25");
            equal(spent(c, "at_commit", 3), plus(before, "2.50"));
        });
        transaction(connection, c -> {
            earn(c, "at_commit", 3, "1.25");
            equal(spent(c, "at_commit", 3), plus(before, "2.50"));
        });
        equal(spent(connection, "at_commit", 3), plus(before, "3.75"));
        agrees(connection);
    }

    /** Another's commit after the first look ends in 40001; the second attempt goes through. */
    static void isolation(Connection connection, int level, String flush) throws SQLException {
        String schema = flushed(flush);
        BigDecimal before = spent(connection, schema, 4);
        AtomicInteger attempts = new AtomicInteger();
        connection.setTransactionIsolation(level);
        try (Connection other = connect()) {
            withRetry(connection, c -> {
                spent(c, schema, 4);
                if (attempts.getAndIncrement() == 0) earn(other, schema, 10, "1.25");
                earn(c, schema, 4, "1.25");
            });
        }
        equal(attempts.get(), level == Connection.TRANSACTION_READ_COMMITTED ? 1 : 2);
        equal(spent(connection, schema, 4), plus(before, "2.50"));
        agrees(connection);
    }

    /**
     * Two transactions that write two campaigns' clips in opposite order: 40P01 for one, which is tried again. Who
     * waits does not always go first then, so that it may take more than one attempt.
     */
    static void deadlock(Connection connection) throws Exception {
        List<BigDecimal> before = List.of(spent(connection, "by_integer", 1), spent(connection, "by_integer", 2));
        AtomicInteger attempts = new AtomicInteger();
        CyclicBarrier bothHoldOne = new CyclicBarrier(2);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        List<Future<?>> writers = new ArrayList<>();
        for (int[] clips : new int[][] {{1, 2}, {8, 7}}) {
            writers.add(threads.submit(() -> {
                try (Connection own = connect()) {
                    withRetry(own, c -> {
                        earn(c, "by_integer", clips[0], "1.25");
                        if (attempts.incrementAndGet() <= 2) await(bothHoldOne);
                        earn(c, "by_integer", clips[1], "1.25");
                    });
                }
                return null;
            }));
        }
        threads.shutdown();
        for (Future<?> writer : writers) writer.get(30, TimeUnit.SECONDS);
        equal(attempts.get() > 2, true);
        for (int n : new int[] {1, 2}) equal(spent(connection, "by_integer", n), plus(before.get(n - 1), "2.50"));
        agrees(connection);
    }

    static void await(CyclicBarrier barrier) {
        try {
            barrier.await(20, TimeUnit.SECONDS);
        } catch (Exception failure) {
            throw new AssertionError(failure);
        }
    }

    static void documented(Connection connection) throws SQLException {
        Object clip = key("by_uuid", 26), campaign = key("by_uuid", 2);
        withRetry(connection, c -> {
            String approve = "UPDATE by_uuid.clip_submissions SET status = 'APPROVED' WHERE \"clipId\" = ?";
            try (PreparedStatement statement = c.prepareStatement(approve)) {
                statement.setObject(1, clip);
                statement.executeUpdate();
            }
        });
        BigDecimal total;
        String call = "SELECT * FROM sync_campaign(?, 'by_uuid.campaigns')";
        try (PreparedStatement sync = connection.prepareStatement(call)) {
            sync.setObject(1, campaign);
            ResultSet row = sync.executeQuery();
            row.next();
            total = row.getBigDecimal("new_spent");
            equal(row.getBigDecimal("difference"), new BigDecimal("0.00"));
        }
        equal(total, spent(connection, "by_uuid", 2));
        agrees(connection);
    }
}
