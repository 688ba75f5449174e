package drivers;

import static drivers.Platforms.*;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;

/** Bind parameters of every type of key; results that are exact. */
final class Values {
    static void bindsKeys(Connection connection, String schema) throws SQLException {
        BigDecimal before = spent(connection, schema, 3);
        BigDecimal corrected = new BigDecimal("-10.50");
        drift(connection, schema, "10.50");
        equal(row(connection, "SELECT * FROM sync_campaign(?, ?)", key(schema, 3), schema + ".campaigns"),
            List.of(key(schema, 3).toString(), "Campaign 3", plus(before, "10.50"), before, corrected, 4L,
                schema + ".campaigns.spent"));
        write(connection, "SELECT FROM sync_all_campaigns(?)", schema + ".campaigns");
        String text = key(schema, 2).toString();
        String sync = "SELECT campaign_id FROM sync_campaign(?, ?)";
        equal(row(connection, sync, text, schema + ".campaigns"), List.of(text));
        agrees(connection);
    }

    /** BigDecimal is numeric to PostgreSQL, which turns it into no type of key by itself. */
    static void numericKeysNeedACast(Connection connection) throws SQLException {
        BigDecimal key = new BigDecimal(key("by_bigint", 1).toString());
        refused("42883", connection, "SELECT sync_campaign(?, 'by_bigint.campaigns')", key);
        String cast = "SELECT campaign_id FROM sync_campaign(?::bigint, 'by_bigint.campaigns')";
        equal(row(connection, cast, key), List.of(key.toString()));
    }

    static void totalsAreBigDecimals(Connection connection) throws SQLException {
        BigDecimal total = new BigDecimal("9007199254741034.07");
        earn(connection, "by_bigint", 1, "9007199254740993.07");
        equal(spent(connection, "by_bigint", 1), total);
        drift(connection, "by_bigint", null);
        String id = key("by_bigint", 1).toString();
        equal(row(connection, "SELECT * FROM spend_sync_status('by_bigint.campaigns')"),
            Arrays.asList(id, "Campaign 1", null, total, total, true, 4L, "by_bigint.campaigns.spent"));
        equal(row(connection, "SELECT * FROM sync_campaign(?, 'by_bigint.campaigns')", key("by_bigint", 1)),
            Arrays.asList(id, "Campaign 1", null, total, total, 4L, "by_bigint.campaigns.spent"));
        write(connection, "SELECT FROM sync_all_campaigns('by_bigint.campaigns')");
        agrees(connection);
    }

    /** jsonb comes as text: what parses it has to make BigDecimal of its numbers. */
    static void reportIsExact(Connection connection) throws SQLException {
        String query = "SELECT spend_sync_report('by_bigint.campaigns')";
        String report = row(connection, query).get(0).toString();
        equal(report.contains("\"recordedSpent\": 9007199254741034.07}"), true);
        equal(report.contains("\"needsSync\": 0,"), true);
        earn(connection, "by_bigint", 1, "-9007199254740993.07");
    }
}
