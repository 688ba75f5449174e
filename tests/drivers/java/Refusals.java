package drivers;

import static drivers.Platforms.*;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.util.PSQLException;
import org.postgresql.util.PSQLWarning;
import org.postgresql.util.ServerErrorMessage;

/** What reaches the error object and the warnings; and that the connection is usable afterwards. */
final class Refusals {
    static void overflow(Connection connection) throws SQLException {
        String update = "UPDATE by_text.clips SET earnings = 999999999999999999.99 WHERE id IN (?, ?)";
        ServerErrorMessage error = refused("22003", connection, update, key("by_text", 1), key("by_text", 7));
        equal(error.getMessage(), "the total of campaign \"" + key("by_text", 1) + "\" cannot be stored");
        equal(error.getDetail(), "Its approved clips earned 2000000000000000032.48 in all;"
            + " column spent of by_text.campaigns is of type numeric(20,2).");
        equal(error.getHint() != null, true);
        agrees(connection);
    }

    static void unknownCampaign(Connection connection) throws SQLException {
        String sync = "SELECT sync_campaign(?, 'by_text.campaigns')";
        ServerErrorMessage error = refused("P0002", connection, sync, key("by_text", 99));
        equal(error.getMessage(), "campaign \"" + key("by_text", 99) + "\" does not exist");
        equal(error.getDetail(), "Table by_text.campaigns has no row with this key.");
        equal(error.getHint(), "spend_sync_status() lists all campaigns with their keys.");
        agrees(connection);
    }

    static void directWrite(Connection connection) throws SQLException {
        String update = "UPDATE by_smallint.campaigns SET spent = 1 WHERE id = ?";
        ServerErrorMessage error = refused("428C9", connection, update, (short) 1);
        equal(error.getMessage(), "column spent of campaign \"1\" cannot be written directly");
        equal(error.getDetail() != null && error.getHint() != null, true);
        agrees(connection);
    }

    /** The user's own constraint, by name: at the statement, and at commit. */
    static void hardBudget(Connection connection) throws SQLException {
        write(connection, "UPDATE by_text.campaigns SET budget = spent + 1 WHERE id = ?", key("by_text", 1));
        String update = "UPDATE by_text.clips SET earnings = earnings + 1.01 WHERE id = ?";
        ServerErrorMessage error = refused("23514", connection, update, key("by_text", 1));
        equal(error.getConstraint(), "within_budget");
        equal(error.getSchema() + "." + error.getTable(), "by_text.campaigns");
        write(connection, "UPDATE at_commit.campaigns SET budget = spent + 1 WHERE id = ?", key("at_commit", 1));
        connection.setAutoCommit(false);
        earn(connection, "at_commit", 1, "1.01");
        try {
            connection.commit();
            throw new AssertionError("the budget was overrun");
        } catch (PSQLException atCommit) {
            equal(atCommit.getServerErrorMessage().getConstraint(), "within_budget");
        }
        agrees(connection);
    }

    /** CALL as a plain statement: the driver makes a SELECT of {call ...}. Progress comes as warnings. */
    static void repairReportsProgress(Connection connection) throws SQLException {
        drift(connection, "by_uuid", "7");
        try (var call = connection.prepareCall("{call spend_sync_repair('by_uuid.campaigns')}")) {
            call.execute();
            throw new AssertionError("{call} called a procedure");
        } catch (PSQLException error) {
            equal(error.getSQLState(), "42809");
        }
        List<String> progress = new ArrayList<>();
        try (var statement = connection.createStatement()) {
            statement.execute("CALL spend_sync_repair('by_uuid.campaigns', batch_size => 4)");
            for (var warning = statement.getWarnings(); warning != null; warning = warning.getNextWarning()) {
                ServerErrorMessage notice = ((PSQLWarning) warning).getServerErrorMessage();
                progress.add(notice.getSeverity() + " " + notice.getMessage().split(",")[0]);
            }
        }
        String done = " of 6 campaigns done";
        equal(progress, List.of("INFO 0" + done, "INFO 4" + done, "INFO 6" + done));
        agrees(connection);
    }

    static void repairInATransaction(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        refused("2D000", connection, "CALL spend_sync_repair('by_uuid.campaigns')");
        connection.rollback();
        agrees(connection);
    }
}
