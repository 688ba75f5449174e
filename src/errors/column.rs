//! Columns, and what attach was told of them.

use super::listed;

/// How one says which columns are meant, of how many.
fn name_it(argument: &str, of: usize) -> String {
    let is_link = argument.starts_with("submission_");
    match of {
        0 | 1 => format!("Name the column: spend_sync_attach({argument} => 'column', ...)."),
        _ if is_link => {
            format!("Name the columns, in the order of the key: spend_sync_attach({argument} => '{{a,b}}', ...).")
        }
        _ => format!("Name the columns: spend_sync_attach({argument} => '{{a,b}}', ...)."),
    }
}

errors! {
    /// What is wrong with a column or with an argument about one.
    ColumnError => Column {
        /// `of`: how many columns the argument is to name.
        ColumnMissing { table: String, argument: &'static str, of: usize, wanted: String, candidates: Vec<String> }
            => ERRCODE_UNDEFINED_COLUMN,
            "table {table} has no column {wanted} for {argument}",
            match candidates.as_slice() {
                [] => "No column of the table could serve.".to_owned(),
                some => format!("Columns that could serve: {}.", listed(some)),
            },
            match argument {
                "status" => format!("{} Only where every submission counts, whatever it says: status => NULL.", name_it(argument, of)),
                _ => name_it(argument, of),
            };

        ColumnAmbiguous { table: String, argument: &'static str, of: usize, candidates: Vec<String> }
            => ERRCODE_AMBIGUOUS_COLUMN,
            "several columns of table {table} could be {argument}",
            format!("The candidates are {}.", listed(&candidates)),
            name_it(argument, of);

        /// `unfit`: the column of the whole key that cannot be part of one, with its type.
        KeyOfPartition { table: String, argument: &'static str, part: String, whole: String, unfit: String, kind: String }
            => ERRCODE_AMBIGUOUS_COLUMN,
            "{part} of table {table} is unique in each partition alone",
            format!("The whole key is ({whole}), and {unfit}, of type {kind}, can be no part of one ({argument})."),
            format!("If no two partitions have one in common, name it: spend_sync_attach({argument} => '{part}', ...). Else bind a key in which an \
                     integer stands for {unfit}, in both tables.");

        WrongType { table: String, column: String, kind: String, problem: String, hint: String }
            => ERRCODE_DATATYPE_MISMATCH,
            "column {column} of table {table} is of type {kind}",
            format!("{problem}."),
            hint;

        NotUnique { table: String, argument: &'static str, column: String }
            => ERRCODE_INVALID_FOREIGN_KEY,
            "column {column} of table {table} is not unique",
            format!("A key ({argument}) needs a primary key or a unique index on this column alone."),
            "Create a unique index on it, or name the key column.";

        BadStatus { table: String, column: String, value: String, known: Vec<String> }
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "\"{value}\" is no value of column {column} of table {table}",
            match known.as_slice() {
                [] => "It holds numbers, and no row of the table has one yet.".to_owned(),
                some => format!("The column's values are {}.", listed(some)),
            },
            "Name the values that count: spend_sync_attach(approved => '{...}', ...).";

        NoneApproved { table: String, column: String, present: Vec<String> }
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "no row of {table} has a status that counts",
            format!("All totals would become 0. Column {column} has {}.", listed(&present)),
            "Name the values that count: spend_sync_attach(approved => '{...}', ...). With sync => false the totals stay as they are.";

        NothingApproved {}
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "no status is named as approved",
            "The argument approved is empty or has a NULL in it.",
            "Name the values that count: spend_sync_attach(approved => '{APPROVED}', ...). With status => NULL every submission counts.";

        NotUniqueTogether { table: String, argument: &'static str, columns: String }
            => ERRCODE_INVALID_FOREIGN_KEY,
            "columns {columns} of table {table} are not unique together",
            format!("A key ({argument}) needs a primary key or a unique index on these columns."),
            "Create a unique index on them, or name the columns of the key.";

        KeyAndLink { table: String, argument: &'static str, columns: Vec<String>, key: Vec<String> }
            => ERRCODE_INVALID_FOREIGN_KEY,
            "{argument} has not as many columns as the key that it points to",
            format!("The key is {}; of table {table} there is {}.", listed(&key), listed(&columns)),
            format!("Name as many columns, in the order of the key: spend_sync_attach({argument} => '{{a,b}}', ...).");

        KeyMayBeNull { table: String, column: String }
            => ERRCODE_INVALID_FOREIGN_KEY,
            "column {column} of table {table} may be NULL",
            "A campaign whose key (campaign_id) is NULL has no total.",
            format!("ALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL;");

        SumOfItself { total: String, column: String }
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "total {total} would be part of its own sum",
            format!("What it sums is a total itself, which in the end sums {column}."),
            "Detach one of these totals, or sum another column.";

        TotalIsKey { table: String, column: String }
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "column {column} of table {table} cannot be the total of a campaign that it is the key of",
            "Campaigns are known by it (campaign_id).",
            "Name the column that is to hold the total: spend_sync_attach(spent => 'column', ...).";

        NoClips { argument: &'static str }
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "there are no clips to have {argument}",
            "With clips => NULL what is summed stands on the submissions themselves.",
            format!("Leave out one of the arguments clips and {argument}.");

        CountOfEarnings {}
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "a count sums no earnings",
            "Each clip adds one to a total with count => true, whatever it earns.",
            "Leave out one of the arguments count and earnings; a table may have a total of each.";

        BadFlush { given: String }
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "flush cannot be \"{given}\"",
            "It is when the total is brought up: at the end of each statement, or once at commit.",
            "Use 'statement' or 'commit'.";

        BadDirectWrites { given: String }
            => ERRCODE_INVALID_PARAMETER_VALUE,
            "direct_writes cannot be \"{given}\"",
            "A write of the total that is not spend_sync's is brought back to the truth, or fails.",
            "Use 'correct' or 'reject'.";
    }
}
