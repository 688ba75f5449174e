package drivers;

import static drivers.Platforms.*;

import java.math.BigDecimal;
import java.sql.Connection;
import java.util.List;
import java.util.Map;

/** What an application does through JDBC. */
final class JdbcStory {
    interface Check { void run(Connection connection) throws Exception; }

    static final Map<String, Integer> LEVELS = Map.of(
        "READ COMMITTED", Connection.TRANSACTION_READ_COMMITTED,
        "REPEATABLE READ", Connection.TRANSACTION_REPEATABLE_READ,
        "SERIALIZABLE", Connection.TRANSACTION_SERIALIZABLE);

    static int passed, failed;

    /** Each on a connection of its own. */
    static void check(String name, Check check) {
        try (Connection connection = connect()) {
            check.run(connection);
            passed++;
            System.out.println("ok      JDBC: " + name);
        } catch (Exception | AssertionError failure) {
            failed++;
            System.out.println("FAILED  JDBC: " + name);
            failure.printStackTrace(System.out);
        }
    }

    public static void main(String[] arguments) {
        for (String schema : List.of("by_text", "by_bigint", "by_uuid", "by_integer", "by_smallint")) {
            check("bind parameters of " + schema.substring(3) + " keys", c -> Values.bindsKeys(c, schema));
        }
        check("a BigDecimal key needs a cast", Values::numericKeysNeedACast);
        check("totals are BigDecimal; a NULL old_spent is null", Values::totalsAreBigDecimals);
        check("the report's numbers are exact", Values::reportIsExact);
        check("prepared statements with generic plans, across detach and attach", Statements::preparedStatementsFollow);
        check("executeBatch with reWriteBatchedInserts", Statements::batches);
        check("executeBatch that is aborted", Statements::abortedBatch);
        for (String schema : List.of("by_text", "by_bigint", "by_uuid")) {
            check("COPY of clips and submissions, " + schema.substring(3) + " keys", c -> Statements.copies(c, schema));
        }
        for (String flush : List.of("statement", "commit")) {
            check("savepoints and rollback, flush = " + flush, c -> Transactions.savepoints(c, flush));
        }
        check("SET CONSTRAINTS ALL IMMEDIATE brings up what waits", Transactions::atOnce);
        for (String flush : List.of("statement", "commit")) {
            LEVELS.forEach((name, level) -> check("two writers of one campaign, " + name + ", flush = " + flush,
                c -> Transactions.isolation(c, level, flush)));
        }
        check("a deadlock is tried again", Transactions::deadlock);
        check("22003: a total that does not fit", Refusals::overflow);
        check("P0002: no such campaign", Refusals::unknownCampaign);
        check("428C9: a direct write that is rejected", Refusals::directWrite);
        check("23514: the user's constraint, by name", Refusals::hardBudget);
        check("CALL spend_sync_repair() reports progress", Refusals::repairReportsProgress);
        check("CALL spend_sync_repair() in a transaction: 2D000", Refusals::repairInATransaction);
        check("the lines of docs/drivers.md", Transactions::documented);
        check("every total equals the plain sum", Platforms::agrees);
        System.out.println("JDBC: " + passed + " checks passed, " + failed + " failed");
        System.exit(failed > 0 ? 1 : 0);
    }
}
