//! Calls of our functions that cannot be answered.

use super::listed;

errors! {
    /// What is wrong with a call.
    CallError => Call {
        /// `others`: the caller's, which the search path does not see.
        NothingAttached { others: Vec<String> }
            => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "no campaigns table is attached",
            match others.as_slice() {
                [] => "None of the tables that the search path sees is kept by spend_sync.".to_owned(),
                some => format!("None of the tables that the search path sees is kept by spend_sync; elsewhere {}.", listed(some)),
            },
            "Call spend_sync_attach(), or name the campaigns table: (campaigns => 'schema.table').";

        NotAttached { table: String }
            => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "table {table} is not attached",
            "It has no spend_sync triggers of a campaigns table.",
            "The view spend_sync.binding shows what is attached; spend_sync_attach() attaches.";

        NoSuchTotal { table: String, column: String }
            => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "no total {column} of table {table} is attached",
            "Other columns of it are.",
            "The view spend_sync.binding shows what is attached.";

        /// Dropped while somebody calls.
        ExtensionGone {}
            => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "the extension spend_sync is not in this database any more",
            "It was dropped just now, with all that it kept.",
            "CREATE EXTENSION spend_sync; and attach the tables again, if totals are wanted.";

        /// The tables' functions are of another version than the library.
        OtherVersion { library: &'static str, installed: String }
            => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "spend_sync {library} serves no database in which it is of version {installed}",
            "The library has been replaced; the functions and triggers of this database are those of before.",
            format!("ALTER EXTENSION spend_sync UPDATE TO '{library}';");

        /// A session that has loaded the library of the version before.
        OtherLibrary { library: &'static str }
            => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "this session began before spend_sync was updated to {library}",
            "It has loaded the library of the version before, and a session cannot have two.",
            "Connect again.";

        SeveralAttached { candidates: Vec<String> }
            => ERRCODE_AMBIGUOUS_FUNCTION,
            "several campaigns tables are attached",
            format!("The search path sees {}.", listed(&candidates)),
            format!("Name one: (campaigns => '{}').", candidates.first().map_or("", String::as_str));

        CampaignMissing { campaigns: String, id: String }
            => ERRCODE_NO_DATA_FOUND,
            "campaign \"{id}\" does not exist",
            format!("Table {campaigns} has no row with this key."),
            "spend_sync_status() lists all campaigns with their keys.";

        BadKey { id: String, campaigns: String, kind: String }
            => ERRCODE_INVALID_TEXT_REPRESENTATION,
            "\"{id}\" is not a campaign's key",
            format!("The key of {campaigns} is of type {kind}."),
            "spend_sync_status() lists all campaigns with their keys.";

        NullArgument { argument: &'static str }
            => ERRCODE_NULL_VALUE_NOT_ALLOWED,
            "argument {argument} must not be NULL",
            "The call is about one thing, and NULL names none.",
            "spend_sync_status() lists all campaigns, the view spend_sync.binding what is attached.";

        BadBatchSize { given: i32 }
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "batch_size cannot be {given}",
            "It is how many campaigns are locked and repaired in one transaction.",
            "Use a number above 0; the default is 500.";

        /// A procedure that commits was called where it cannot.
        InTransactionBlock { procedure: &'static str }
            => ERRCODE_INVALID_TRANSACTION_TERMINATION,
            "{procedure} cannot run inside a transaction block or a function",
            "It commits after each batch.",
            format!("CALL {procedure}() by itself; inside a transaction, sync_all_campaigns() does the same at once.");

        MayNotPreview { role: String, problem: String, advice: String }
            => ERRCODE_INSUFFICIENT_PRIVILEGE,
            "role {role} may not see these totals",
            format!("{problem}."),
            advice;

        MayNotSync { role: String, campaigns: String, owner: String, grant: String }
            => ERRCODE_INSUFFICIENT_PRIVILEGE,
            "role {role} may not bring totals of {campaigns} to the truth",
            format!("It has neither the rights of {owner}, which owns the tables, nor a grant of its own to call this."),
            format!("{grant} TO {role};");
    }
}
