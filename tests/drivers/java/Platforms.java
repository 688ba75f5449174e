package drivers;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import java.util.function.IntFunction;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** The platforms of platforms.sql, and how JDBC reaches them. */
final class Platforms {
    interface Work { void run(Connection connection) throws SQLException; }

    static final Map<String, IntFunction<Object>> KEYS = Map.of(
        "by_text", n -> String.format("c%024d", n),
        "by_bigint", n -> 9100000000000000000L + n,
        "by_uuid", n -> UUID.fromString(String.format("c0ffee00-0000-4000-8000-%012d", n)),
        "by_integer", n -> 70000 + n,
        "by_smallint", n -> (short) n);

    /** The platform whose totals are brought up so; its keys are text. */
    static String flushed(String flush) { return flush.equals("commit") ? "at_commit" : "by_text"; }

    static void equal(Object actual, Object expected) {
        if (!Objects.equals(actual, expected)) throw new AssertionError("expected " + expected + ", got " + actual);
    }

    static Connection connect() throws SQLException {
        Map<String, String> environment = System.getenv();
        Properties properties = new Properties();
        properties.setProperty("user", environment.get("PGUSER"));
        properties.setProperty("password", environment.get("PGPASSWORD"));
        properties.setProperty("reWriteBatchedInserts", "true");
        String server = environment.get("PGHOST") + ":" + environment.get("PGPORT");
        String url = "jdbc:postgresql://" + server + "/" + environment.get("PGDATABASE");
        return DriverManager.getConnection(url, properties);
    }

    /** setObject sends what Java has: String as varchar, Long as bigint, UUID as uuid. */
    static PreparedStatement prepare(Connection connection, String sql, Object... values) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < values.length; i++) statement.setObject(i + 1, values[i]);
        return statement;
    }

    static int write(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, values)) {
            return statement.execute() ? 0 : statement.getUpdateCount();
        }
    }

    static List<Object> row(Connection connection, String sql, Object... values) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, values);
            ResultSet result = statement.executeQuery()) {
            if (!result.next()) return null;
            List<Object> row = new ArrayList<>();
            for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) row.add(result.getObject(i));
            return row;
        }
    }

    static Object key(String schema, int n) { return KEYS.getOrDefault(schema, KEYS.get("by_text")).apply(n); }

    static BigDecimal spent(Connection connection, String schema, int n) throws SQLException {
        String query = "SELECT spent FROM " + schema + ".campaigns WHERE id = ?";
        return (BigDecimal) row(connection, query, key(schema, n)).get(0);
    }

    static void earn(Connection connection, String schema, int clip, String amount) throws SQLException {
        String update = "UPDATE " + schema + ".clips SET earnings = earnings + ? WHERE id = ?";
        equal(write(connection, update, new BigDecimal(amount), key(schema, clip)), 1);
    }

    static void drift(Connection connection, String schema, String amount) throws SQLException {
        write(connection, "SELECT drift(?, ?)", schema + ".campaigns", amount == null ? null : new BigDecimal(amount));
    }

    static void agrees(Connection connection) throws SQLException {
        String wrong = "SELECT campaigns::text, id, spent, sum FROM truth WHERE spent IS DISTINCT FROM sum";
        equal(row(connection, wrong), null);
    }

    /** Runs what has to fail; gives what the driver's exception tells. */
    static ServerErrorMessage refused(String state, Connection connection, String sql, Object... values)
        throws SQLException {
        try {
            write(connection, sql, values);
        } catch (PSQLException error) {
            if (!state.equals(error.getSQLState())) throw error;
            return error.getServerErrorMessage();
        }
        throw new AssertionError("not refused: " + sql);
    }

    static BigDecimal plus(BigDecimal money, String amount) { return money.add(new BigDecimal(amount)); }

    static void transaction(Connection connection, Work work) throws SQLException {
        connection.setAutoCommit(false);
        try {
            work.run(connection);
            connection.commit();
        } catch (SQLException error) {
            connection.rollback();
            throw error;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /** The loop around every transaction that may meet another. */
    static void withRetry(Connection connection, Work work) throws SQLException {
        for (int attempt = 1; ; attempt++) {
            try {
                transaction(connection, work);
                return;
            } catch (SQLException error) {
                if (!List.of("40001", "40P01").contains(error.getSQLState()) || attempt == 5) throw error;
            }
        }
    }
}
