//! Triggers that are called otherwise than attach made them, or that do not fit their tables any more.

errors! {
    /// What is wrong with a trigger.
    TriggerError => Trigger {
        /// A trigger function called otherwise.
        NotATrigger { function: &'static str }
            => ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
            "function spend_sync.{function}() was not called by a trigger",
            "It does nothing but serve the triggers that spend_sync_attach() creates.",
            "To bring totals to the truth, call sync_campaign() or sync_all_campaigns().";

        /// A trigger of ours that attach would not have made.
        WrongTrigger { function: &'static str, problem: String }
            => ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
            "function spend_sync.{function}() was called by a trigger of the wrong kind",
            format!("The trigger {problem}."),
            "Let spend_sync_attach() create the triggers.";

        /// A trigger whose mapping no longer fits the tables.
        BrokenBinding { table: String, problem: String }
            => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "the spend_sync triggers of table {table} do not fit the tables any more",
            format!("{problem}."),
            "Call spend_sync_attach() again with the present names; it replaces the triggers. Or drop this table's \
             spend_sync triggers, if the total is no longer wanted.";

        /// Triggers are known by their functions' names.
        OwnFunction { function: String }
            => ERRCODE_FEATURE_NOT_SUPPORTED,
            "function spend_sync.{function}() cannot get another name or schema",
            "The triggers that keep totals are known by it.",
            "Leave the schema spend_sync and what stands in it as the extension made them.";

        /// A trigger's argument may not be of any length.
        MappingTooLong { table: String, length: usize, most: usize }
            => ERRCODE_PROGRAM_LIMIT_EXCEEDED,
            "a trigger of table {table} would get too long an argument",
            format!("The names of tables and columns, and the statuses that count, take {length} bytes in it, which may have {most}."),
            "Name fewer statuses, or let a generated boolean column say what counts.";

        /// A command would take a trigger away that updates are seen by.
        TriggerWouldGo { trigger: String, table: String, campaigns: String }
            => ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST,
            "trigger {trigger} of table {table} would be dropped with the column that it names",
            format!("Updates of {table} would then go by, and totals of {campaigns} be wrong in silence."),
            format!("Detach first: SELECT spend_sync_detach('{campaigns}'); and attach again afterwards.");

        /// Two transactions, between which no total can be right.
        DetachedConcurrently { table: String, campaigns: String }
            => ERRCODE_FEATURE_NOT_SUPPORTED,
            "no partition of table {table} can be detached concurrently",
            format!("PostgreSQL does that in two transactions: between them rows would be gone that totals of {campaigns} have."),
            "Detach it without CONCURRENTLY: with lock_timeout set, and again if it expires, it keeps writers waiting no longer \
             than you allow.";

        /// PostgreSQL knows of nothing that depends on it; another column of that name would be bound in its stead.
        ColumnBound { table: String, column: String, campaigns: String }
            => ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST,
            "column {column} of table {table} cannot be dropped",
            format!("A total of {campaigns} hangs on it: another column of its name would be bound in its stead."),
            "Call spend_sync_detach() first, and spend_sync_attach() with the new column.";

        /// A binding knows its labels by name.
        LabelWouldCount { label: String, campaigns: String }
            => ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST,
            "no value can be named \"{label}\"",
            format!("Rows of that status count for totals of {campaigns}, whose own label of that name was renamed and not followed: they would \
                     change in silence."),
            "Let a role with the rights of the tables' owner name it so: totals follow then.";

        /// PostgreSQL looks a name up again when it has waited for a lock.
        NamePassed { table: String }
            => ERRCODE_T_R_SERIALIZATION_FAILURE,
            "the command came to table {table}, which its name did not mean when it began",
            "Names have passed from one table to another while it waited for a lock; what it changes of a bound table was not seen beforehand.",
            "Try again.";

        /// What is put in the rows' place was read before.
        WrittenAnew { table: String }
            => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "a total would change while the rows of table {table} are copied",
            "A command that writes a table anew (CLUSTER, VACUUM FULL) has called a function that writes; what that puts into the rows of before is lost with them.",
            "Let a function of an index write no table.";

        /// What is written by the parent fires no statement trigger of the child's, and changes of the parent's columns are the child's.
        Inherits { table: String, campaigns: String }
            => ERRCODE_WRONG_OBJECT_TYPE,
            "table {table} cannot inherit from another",
            format!("A total of {campaigns} hangs on it: what writes or changes the other table would do so to this one, and fire none of its triggers."),
            "Let it have the columns by itself; or spend_sync_detach() first.";

        /// ALTER TYPE renames and drops the columns of its tables.
        OfType { table: String, campaigns: String }
            => ERRCODE_WRONG_OBJECT_TYPE,
            "table {table} cannot be of a type",
            format!("A total of {campaigns} hangs on it: what changes the type would do so to its columns, by other names perhaps."),
            "Let it have the columns by itself; or spend_sync_detach() first.";

        /// Rows of a child are the parent's in a SELECT, and fire the child's triggers alone.
        Inherited { table: String, campaigns: String }
            => ERRCODE_WRONG_OBJECT_TYPE,
            "no table can inherit from {table}",
            format!("A total of {campaigns} hangs on it: the rows of another table would count, and fire no triggers of its."),
            "Make it a partition of a partitioned table, or CREATE TABLE ... (LIKE ...); or spend_sync_detach() first.";
    }
}
