package drivers;

import static drivers.Platforms.*;

import java.io.StringReader;
import java.math.BigDecimal;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.postgresql.PGConnection;

/** Statements that are prepared, batched, or streamed by COPY. */
final class Statements {
    /** Generic plans, used while another session detaches and attaches. */
    static void preparedStatementsFollow(Connection connection) throws SQLException {
        String update = "UPDATE by_bigint.clips SET earnings = earnings + ? WHERE id = ?";
        String sync = "SELECT new_spent FROM sync_campaign(?, 'by_bigint.campaigns')";
        try (PreparedStatement earns = prepare(connection, update, new BigDecimal("0.10"), key("by_bigint", 2));
            PreparedStatement syncs = prepare(connection, sync, key("by_bigint", 2))) {
            for (int turn = 0; turn < 18; turn++) {
                earns.executeUpdate();
                equal(single(syncs), spent(connection, "by_bigint", 2));
            }
            equal(row(connection, "SELECT count(*) FROM pg_prepared_statements WHERE generic_plans > 0"
                + " AND statement ~ 'SET earnings|FROM sync_campaign'"), List.of(2L));
            BigDecimal before = spent(connection, "by_bigint", 2);
            try (Connection other = connect()) {
                write(other, "SELECT spend_sync_detach('by_bigint.campaigns')");
                earns.executeUpdate();
                equal(spent(connection, "by_bigint", 2), before);
                refused("55000", connection, sync, key("by_bigint", 2));
                String attach = "SELECT corrected, total_difference FROM spend_sync_attach(?, ?, ?)";
                equal(row(other, attach, "by_bigint.campaigns", "by_bigint.clips", "by_bigint.clip_submissions"),
                    List.of(1L, new BigDecimal("0.10")));
            }
            earns.executeUpdate();
            equal(single(syncs), plus(before, "0.20"));
        }
        agrees(connection);
    }

    static Object single(PreparedStatement statement) throws SQLException {
        try (ResultSet result = statement.executeQuery()) {
            result.next();
            return result.getObject(1);
        }
    }

    /** With reWriteBatchedInserts the driver makes one INSERT of many. An enum wants a cast: String is varchar. */
    static void batches(Connection connection) throws SQLException {
        BigDecimal before = spent(connection, "by_uuid", 4);
        String clip = "INSERT INTO by_uuid.clips (id, earnings) VALUES (?, ?)";
        String link = "INSERT INTO by_uuid.clip_submissions (id, \"campaignId\", \"clipId\", status)"
            + " VALUES (?, ?, ?, ?::by_uuid.\"SubmissionStatus\")";
        transaction(connection, c -> {
            try (PreparedStatement clips = c.prepareStatement(clip);
                PreparedStatement links = c.prepareStatement(link)) {
                for (int n = 3000; n < 3100; n++) {
                    clips.setObject(1, key("by_uuid", n));
                    clips.setBigDecimal(2, new BigDecimal("2.50"));
                    clips.addBatch();
                    links.setObject(1, key("by_uuid", n));
                    links.setObject(2, key("by_uuid", 4));
                    links.setObject(3, key("by_uuid", n));
                    links.setString(4, "APPROVED");
                    links.addBatch();
                }
                equal(clips.executeBatch().length, 100);
                equal(links.executeBatch().length, 100);
            }
        });
        equal(spent(connection, "by_uuid", 4), plus(before, "250.00"));
        agrees(connection);
    }

    static void abortedBatch(Connection connection) throws SQLException {
        BigDecimal before = spent(connection, "by_uuid", 1);
        String update = "UPDATE by_uuid.clips SET earnings = ? WHERE id = ?";
        try {
            transaction(connection, c -> {
                try (PreparedStatement clips = c.prepareStatement(update)) {
                    for (int clip : new int[] {1, 7, 13}) {
                        clips.setBigDecimal(1, new BigDecimal(clip == 13 ? "999999999999999999.99" : "1.00"));
                        clips.setObject(2, key("by_uuid", clip));
                        clips.addBatch();
                    }
                    clips.executeBatch();
                }
            });
            throw new AssertionError("the batch was not aborted");
        } catch (BatchUpdateException error) {
            equal(error.getSQLState(), "22003");
        }
        equal(spent(connection, "by_uuid", 1), before);
        agrees(connection);
    }

    static String lines(IntFunction<String> line) {
        return IntStream.range(1000, 1050).mapToObj(line).collect(Collectors.joining());
    }

    static void copies(Connection connection, String schema) throws Exception {
        BigDecimal before = spent(connection, schema, 5);
        String clips = lines(n -> key(schema, n) + "\t2.50\n");
        String links = lines(n -> key(schema, n) + "\t" + key(schema, 5) + "\t" + key(schema, n) + "\tAPPROVED\n");
        String columns = "(id, \"campaignId\", \"clipId\", status)";
        var copy = connection.unwrap(PGConnection.class).getCopyAPI();
        connection.setAutoCommit(false);
        copy.copyIn("COPY " + schema + ".clips (id, earnings) FROM STDIN", new StringReader(clips));
        copy.copyIn("COPY " + schema + ".clip_submissions " + columns + " FROM STDIN", new StringReader(links));
        connection.commit();
        equal(spent(connection, schema, 5), plus(before, "125.00"));
        agrees(connection);
    }
}
