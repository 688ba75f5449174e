//! Totals that cannot be brought up.

/// Why an error says so little.
const HIDDEN: &str = "This role may not read campaigns.";

errors! {
    /// What is wrong with a total.
    TotalError => Total {
        TotalDoesNotFit { campaigns: String, id: String, total: String, column: String, kind: String }
            => ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
            "the total of campaign \"{id}\" cannot be stored",
            format!("Its approved clips earned {total} in all; column {column} of {campaigns} is of type {kind}."),
            "Correct the earnings of its clips, or widen the column.";

        TotalNotStored { campaigns: String, id: String, total: String, column: String }
            => ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
            "the total of campaign \"{id}\" was not stored",
            format!("A trigger on {campaigns} skipped the update or changed {column}, which must become {total}."),
            "Let the trigger pass updates that change nothing else than this column.";

        /// A deferrable key lets two campaigns stand beside each other for a while.
        KeyDoubled { campaigns: String, id: String, column: String }
            => ERRCODE_UNIQUE_VIOLATION,
            "two campaigns have the key \"{id}\"",
            format!("Column {column} of {campaigns} is held to be unique at commit only; until then they would be one total."),
            "Delete the old campaign before the new one is inserted, or trade keys in one statement.";

        /// Something was captured that nothing has flushed.
        NeverFlushed { campaigns: String, table: String }
            => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "totals of {campaigns} were not brought up after a write of {table}",
            "No trigger of spend_sync's that brings totals up has fired after it; nothing was committed.",
            "A trigger is missing or disabled, or spend_sync.wakes() was called by hand: see spend_sync_check(), or call \
             spend_sync_attach() again. Or a function ran its UPDATE ... RETURNING with a limit on rows: PostgreSQL fires no statement \
             trigger then.";

        /// What is captured in a security-restricted operation must be flushed in it.
        LeftByRestricted { campaigns: String, table: String }
            => ERRCODE_INSUFFICIENT_PRIVILEGE,
            "{table} was written in a security-restricted operation that left a total of {campaigns} behind",
            "Nothing of it may be left to the role that commits; nothing was committed.",
            format!("A trigger of spend_sync's is missing or disabled: see spend_sync_check(). Or a BEFORE trigger on {campaigns} ran the \
                     operation (REFRESH MATERIALIZED VIEW, say): let an AFTER trigger do so.");
        /// The same two for who may not read campaigns; the server's log has the whole.
        SomeTotalDoesNotFit {}
            => ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
            "the total of a campaign cannot be stored",
            HIDDEN,
            "Ask the owner of the tables; the server's log says more.";

        SomeTotalNotStored {}
            => ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
            "the total of a campaign was not stored",
            HIDDEN,
            "Ask the owner of the tables; the server's log says more.";

        SomeDirectWrite { campaigns: String, column: String }
            => ERRCODE_GENERATED_ALWAYS,
            "column {column} of {campaigns} cannot be written directly",
            format!("spend_sync keeps it; it was attached with direct_writes => 'reject'. {HIDDEN}"),
            "Leave the column out of the statement: it follows the approved clips by itself.";

        NoEnd { rounds: usize }
            => ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
            "the totals at commit come to no end",
            format!("After {rounds} rounds triggers still write clips, submissions or totals for each total stored."),
            "Look for a trigger on the campaigns table that writes again what it is fired by.";

        DirectWrite { campaigns: String, id: String, column: String }
            => ERRCODE_GENERATED_ALWAYS,
            "column {column} of campaign \"{id}\" cannot be written directly",
            format!("spend_sync keeps {campaigns}.{column}; it was attached with direct_writes => 'reject'."),
            "Leave the column out of the statement: it follows the approved clips by itself.";
    }
}

impl TotalError {
    /// The same error without any key or amount, for who may not read them.
    pub fn bare(&self) -> Option<Self> {
        Some(match self {
            Self::TotalDoesNotFit { .. } => Self::SomeTotalDoesNotFit {},
            Self::TotalNotStored { .. } => Self::SomeTotalNotStored {},
            Self::DirectWrite { campaigns, column, .. } => Self::SomeDirectWrite {
                campaigns: campaigns.clone(),
                column: column.clone(),
            },
            _ => return None,
        })
    }
}
