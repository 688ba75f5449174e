//! Totals that cannot be brought up.

errors! {
    /// What is wrong with a total.
    TotalError => Total {
        TotalDoesNotFit { campaigns: String, id: String, total: String, column: String, kind: String }
            => ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
            "the total of campaign \"{id}\" cannot be stored",
            format!("Its approved clips earned {total} in all; column {column} of {campaigns} is of type {kind}."),
            "Correct the earnings of its clips; or detach, widen the column, and attach again.";

        TotalNotStored { campaigns: String, id: String, total: String, column: String }
            => ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
            "the total of campaign \"{id}\" was not stored",
            format!("A trigger on {campaigns} skipped the update or changed {column}, which must become {total}."),
            "Let the trigger pass updates that change nothing else than this column.";

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
