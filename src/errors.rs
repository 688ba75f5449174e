//! Every error of ours, and the one way it reaches the client.

use pgrx::pg_sys;
use pgrx::pg_sys::errcodes::PgSqlErrorCode as Code;
use pgrx::pg_sys::panic::ErrorReport;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of PostgreSQL's own, whole, on its way to the entry point that raises it again.
#[derive(Debug)]
pub struct PgError(pub *mut pg_sys::ErrorData);

/// What can go wrong. Names of tables and columns are already quoted as for SQL.
#[derive(Debug)]
pub enum Error {
    /// An error of PostgreSQL's own, or of the user's triggers and constraints: it passes through whole.
    Postgres(PgError),
    /// Cannot happen.
    Internal {
        what: String,
    },

    /// A trigger function called otherwise.
    NotATrigger {
        function: &'static str,
    },
    /// A trigger of ours that attach would not have made.
    WrongTrigger {
        function: &'static str,
        problem: String,
    },
    /// A trigger whose mapping no longer fits the tables.
    BrokenBinding {
        table: String,
        problem: String,
    },

    /// A command would take a trigger away that updates are seen by.
    TriggerWouldGo {
        trigger: String,
        table: String,
        campaigns: String,
    },

    NothingAttached {
        campaigns: Option<String>,
    },
    SeveralAttached {
        candidates: Vec<String>,
    },
    CampaignMissing {
        campaigns: String,
        id: String,
    },
    BadKey {
        id: String,
        campaigns: String,
        kind: &'static str,
    },
    NullArgument {
        argument: &'static str,
    },
    BadBatchSize {
        given: i32,
    },
    /// A procedure that commits was called where it cannot.
    InTransactionBlock {
        procedure: &'static str,
    },

    TotalDoesNotFit {
        campaigns: String,
        id: String,
        total: String,
        column: String,
        kind: String,
    },
    NoEnd {
        rounds: usize,
    },
    TotalNotStored {
        campaigns: String,
        id: String,
        total: String,
        column: String,
    },
    DirectWrite {
        campaigns: String,
        id: String,
        column: String,
    },

    TableMissing {
        role: &'static str,
        name: &'static str,
    },
    NotATable {
        table: String,
        problem: String,
    },
    SameTable {
        table: String,
    },
    ColumnMissing {
        table: String,
        argument: &'static str,
        wanted: String,
        candidates: Vec<String>,
    },
    ColumnAmbiguous {
        table: String,
        argument: &'static str,
        candidates: Vec<String>,
    },
    WrongType {
        table: String,
        column: String,
        kind: String,
        problem: String,
        hint: String,
    },
    NotUnique {
        table: String,
        argument: &'static str,
        column: String,
    },
    BadStatus {
        table: String,
        column: String,
        value: String,
        known: Vec<String>,
    },
    NothingApproved,
    BadDirectWrites {
        given: String,
    },
    NotOwner {
        table: String,
        role: String,
    },
    OwnerCannot {
        owner: String,
        problem: String,
        advice: String,
    },
    NotUtf8,
    MayNotPreview {
        role: String,
        problem: String,
        advice: String,
    },
}

/// The parts of an error as the client sees them.
struct Parts {
    code: Code,
    message: String,
    detail: String,
    hint: String,
}

impl Error {
    pub fn internal(what: impl Into<String>) -> Self {
        Self::Internal { what: what.into() }
    }

    /// An error of ours as a report of pgrx's. (One of PostgreSQL's own is rethrown by `backend` and never comes here.)
    pub fn into_report(self) -> ErrorReport {
        let Parts {
            code,
            message,
            detail,
            hint,
        } = self.parts();
        ErrorReport::new(code, message, "spend_sync")
            .set_detail(detail)
            .set_hint(hint)
    }

    fn parts(self) -> Parts {
        match self {
            Self::Postgres(_) => Parts::new(Code::ERRCODE_INTERNAL_ERROR, "an error passed through", "", ""),
            Self::Internal { what } => Parts::new(
                Code::ERRCODE_INTERNAL_ERROR,
                format!("spend_sync met a state that cannot happen: {what}"),
                "Nothing was written.",
                "Please report this with the statement that led to it.",
            ),
            Self::NotATrigger { .. }
            | Self::WrongTrigger { .. }
            | Self::BrokenBinding { .. }
            | Self::TriggerWouldGo { .. } => self.trigger_parts(),
            Self::NothingAttached { .. }
            | Self::SeveralAttached { .. }
            | Self::CampaignMissing { .. }
            | Self::BadKey { .. }
            | Self::NullArgument { .. }
            | Self::BadBatchSize { .. }
            | Self::InTransactionBlock { .. }
            | Self::MayNotPreview { .. } => self.call_parts(),
            Self::TotalDoesNotFit { .. }
            | Self::TotalNotStored { .. }
            | Self::NoEnd { .. }
            | Self::DirectWrite { .. } => self.total_parts(),
            Self::ColumnMissing { .. }
            | Self::ColumnAmbiguous { .. }
            | Self::WrongType { .. }
            | Self::NotUnique { .. }
            | Self::BadStatus { .. }
            | Self::NothingApproved
            | Self::BadDirectWrites { .. } => self.column_parts(),
            _ => self.table_parts(),
        }
    }

    fn trigger_parts(self) -> Parts {
        match self {
            Self::NotATrigger { function } => Parts::new(
                Code::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
                format!("function spend_sync.{function}() was not called by a trigger"),
                "It does nothing but serve the triggers that spend_sync_attach() creates.",
                "To bring totals to the truth, call sync_campaign() or sync_all_campaigns().",
            ),
            Self::WrongTrigger { function, problem } => Parts::new(
                Code::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
                format!("function spend_sync.{function}() was called by a trigger of the wrong kind"),
                format!("The trigger {problem}."),
                "Let spend_sync_attach() create the triggers.",
            ),
            Self::BrokenBinding { table, problem } => Parts::new(
                Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("the spend_sync triggers of table {table} do not fit the tables any more"),
                format!("{problem}."),
                "Call spend_sync_attach() again with the present names; it replaces the triggers. Or drop this table's \
                 spend_sync triggers, if the total is no longer wanted.",
            ),
            Self::TriggerWouldGo {
                trigger,
                table,
                campaigns,
            } => Parts::new(
                Code::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST,
                format!("trigger {trigger} of table {table} would be dropped with the column that it names"),
                format!("Updates of {table} would then go by, and totals of {campaigns} be wrong in silence."),
                format!("Detach first: SELECT spend_sync_detach('{campaigns}'); and attach again afterwards."),
            ),
            other => other.unexpected(),
        }
    }

    fn call_parts(self) -> Parts {
        match self {
            Self::NothingAttached { campaigns: None } => Parts::new(
                Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                "no campaigns table is attached",
                "None of the tables that the search path sees is kept by spend_sync.",
                "Call spend_sync_attach(), or name the campaigns table: (campaigns => 'schema.table').",
            ),
            Self::NothingAttached { campaigns: Some(table) } => Parts::new(
                Code::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("table {table} is not attached"),
                "It has no spend_sync triggers of a campaigns table.",
                "The view spend_sync.binding shows what is attached; spend_sync_attach() attaches.",
            ),
            Self::SeveralAttached { candidates } => Parts::new(
                Code::ERRCODE_AMBIGUOUS_FUNCTION,
                "several campaigns tables are attached",
                format!("The search path sees {}.", listed(&candidates)),
                format!(
                    "Name one: (campaigns => '{}').",
                    candidates.first().map_or("", String::as_str)
                ),
            ),
            Self::CampaignMissing { campaigns, id } => Parts::new(
                Code::ERRCODE_NO_DATA_FOUND,
                format!("campaign \"{id}\" does not exist"),
                format!("Table {campaigns} has no row with this key."),
                "spend_sync_status() lists all campaigns with their keys.",
            ),
            Self::BadKey { id, campaigns, kind } => Parts::new(
                Code::ERRCODE_INVALID_TEXT_REPRESENTATION,
                format!("\"{id}\" is not a campaign's key"),
                format!("The key of {campaigns} is of type {kind}."),
                "spend_sync_status() lists all campaigns with their keys.",
            ),
            Self::NullArgument { argument } => Parts::new(
                Code::ERRCODE_NULL_VALUE_NOT_ALLOWED,
                format!("argument {argument} must not be NULL"),
                "The call is about one thing, and NULL names none.",
                "spend_sync_status() lists all campaigns, the view spend_sync.binding what is attached.",
            ),
            Self::BadBatchSize { given } => Parts::new(
                Code::ERRCODE_INVALID_PARAMETER_VALUE,
                format!("batch_size cannot be {given}"),
                "It is how many campaigns are locked and repaired in one transaction.",
                "Use a number above 0; the default is 500.",
            ),
            Self::InTransactionBlock { procedure } => Parts::new(
                Code::ERRCODE_INVALID_TRANSACTION_TERMINATION,
                format!("{procedure} cannot run inside a transaction block or a function"),
                "It commits after each batch.",
                format!(
                    "CALL {procedure}() by itself; inside a transaction, sync_all_campaigns() does the same at once."
                ),
            ),
            Self::MayNotPreview { role, problem, advice } => Parts::new(
                Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
                format!("role {role} may not see these totals"),
                format!("{problem}."),
                advice,
            ),
            other => other.unexpected(),
        }
    }

    fn total_parts(self) -> Parts {
        match self {
            Self::TotalDoesNotFit {
                campaigns,
                id,
                total,
                column,
                kind,
            } => Parts::new(
                Code::ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE,
                format!("the total of campaign \"{id}\" cannot be stored"),
                format!("Its approved clips earned {total} in all; column {column} of {campaigns} is of type {kind}."),
                "Correct the earnings of its clips; or detach, widen the column, and attach again.",
            ),
            Self::TotalNotStored {
                campaigns,
                id,
                total,
                column,
            } => Parts::new(
                Code::ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
                format!("the total of campaign \"{id}\" was not stored"),
                format!("A trigger on {campaigns} skipped the update or changed {column}, which must become {total}."),
                "Let the trigger pass updates that change nothing else than this column.",
            ),
            Self::NoEnd { rounds } => Parts::new(
                Code::ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
                "the totals at commit come to no end",
                format!(
                    "After {rounds} rounds triggers still write clips, submissions or totals for each total stored."
                ),
                "Look for a trigger on the campaigns table that writes again what it is fired by.",
            ),
            Self::DirectWrite { campaigns, id, column } => Parts::new(
                Code::ERRCODE_GENERATED_ALWAYS,
                format!("column {column} of campaign \"{id}\" cannot be written directly"),
                format!("spend_sync keeps {campaigns}.{column}; it was attached with direct_writes => 'reject'."),
                "Leave the column out of the statement: it follows the approved clips by itself.",
            ),
            other => other.unexpected(),
        }
    }

    fn table_parts(self) -> Parts {
        match self {
            Self::TableMissing { role, name } => Parts::new(
                Code::ERRCODE_UNDEFINED_TABLE,
                format!("there is no table \"{name}\" to attach as {role}"),
                format!("The search path sees no table \"{name}\", and the argument {role} names no other."),
                format!("Name the table: spend_sync_attach({role} => 'schema.table', ...)."),
            ),
            Self::NotATable { table, problem } => Parts::new(
                Code::ERRCODE_WRONG_OBJECT_TYPE,
                format!("{table} cannot be attached"),
                format!("{problem}."),
                "Attach ordinary or partitioned tables.",
            ),
            Self::SameTable { table } => Parts::new(
                Code::ERRCODE_FEATURE_NOT_SUPPORTED,
                format!("table {table} cannot be two things at once"),
                "Campaigns, clips and submissions are three tables.",
                "Name three different tables.",
            ),
            Self::NotOwner { table, role } => Parts::new(
                Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
                format!("must be owner of table {table}"),
                format!("Role {role} is not, nor a member of the role that is."),
                "Attach and detach as a role that owns all three tables.",
            ),
            Self::OwnerCannot { owner, problem, advice } => Parts::new(
                Code::ERRCODE_INSUFFICIENT_PRIVILEGE,
                format!("the owner of the campaigns table, {owner}, could not compute the totals"),
                format!("{problem}."),
                advice,
            ),
            Self::NotUtf8 => Parts::new(
                Code::ERRCODE_FEATURE_NOT_SUPPORTED,
                "spend_sync needs a database in UTF-8",
                "Keys and names are handled as UTF-8 text.",
                "Create the database with ENCODING 'UTF8'.",
            ),
            other => other.unexpected(),
        }
    }

    fn column_parts(self) -> Parts {
        match self {
            Self::ColumnMissing {
                table,
                argument,
                wanted,
                candidates,
            } => Parts::new(
                Code::ERRCODE_UNDEFINED_COLUMN,
                format!("table {table} has no column {wanted} for {argument}"),
                match candidates.as_slice() {
                    [] => "No column of the table could serve.".to_owned(),
                    some => format!("Columns that could serve: {}.", listed(some)),
                },
                format!("Name the column: spend_sync_attach({argument} => 'column', ...)."),
            ),
            Self::ColumnAmbiguous {
                table,
                argument,
                candidates,
            } => Parts::new(
                Code::ERRCODE_AMBIGUOUS_COLUMN,
                format!("several columns of table {table} could be {argument}"),
                format!("The candidates are {}.", listed(&candidates)),
                format!("Name the column: spend_sync_attach({argument} => 'column', ...)."),
            ),
            Self::WrongType {
                table,
                column,
                kind,
                problem,
                hint,
            } => Parts::new(
                Code::ERRCODE_DATATYPE_MISMATCH,
                format!("column {column} of table {table} is of type {kind}"),
                format!("{problem}."),
                hint,
            ),
            Self::NotUnique {
                table,
                argument,
                column,
            } => Parts::new(
                Code::ERRCODE_INVALID_FOREIGN_KEY,
                format!("column {column} of table {table} is not unique"),
                format!("A key ({argument}) needs a primary key or a unique index on this column alone."),
                "Create a unique index on it, or name the key column.",
            ),
            Self::BadStatus {
                table,
                column,
                value,
                known,
            } => Parts::new(
                Code::ERRCODE_INVALID_PARAMETER_VALUE,
                format!("\"{value}\" is no value of column {column} of table {table}"),
                format!("The column's values are {}.", listed(&known)),
                "Name the values that count: spend_sync_attach(approved => '{...}', ...).",
            ),
            Self::NothingApproved => Parts::new(
                Code::ERRCODE_INVALID_PARAMETER_VALUE,
                "no status is named as approved",
                "The argument approved is empty or has a NULL in it.",
                "Name the values that count: spend_sync_attach(approved => '{APPROVED}', ...).",
            ),
            Self::BadDirectWrites { given } => Parts::new(
                Code::ERRCODE_INVALID_PARAMETER_VALUE,
                format!("direct_writes cannot be \"{given}\""),
                "A write of the total that is not spend_sync's is brought back to the truth, or fails.",
                "Use 'correct' or 'reject'.",
            ),
            other => other.unexpected(),
        }
    }

    /// The families above are told apart by `parts` alone.
    fn unexpected(self) -> Parts {
        Parts::new(Code::ERRCODE_INTERNAL_ERROR, format!("{self:?}"), "", "")
    }
}

impl Parts {
    fn new(code: Code, message: impl Into<String>, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            detail: detail.into(),
            hint: hint.into(),
        }
    }
}

/// "a", "a and b", "a, b and c".
pub fn listed(items: &[String]) -> String {
    match items {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn lists_read_as_a_sentence() {
        let items = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(listed(&items), "a, b and c");
        assert_eq!(listed(&items[..2]), "a and b");
        assert_eq!(listed(&items[..1]), "a");
        assert_eq!(listed(&[]), "none");
    }
}
