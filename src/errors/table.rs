//! Tables that cannot be attached.

use super::listed;

errors! {
    /// What is wrong with a table, its owner, or the database.
    TableError => Table {
        TableMissing { role: &'static str, name: &'static str, candidates: Vec<String> }
            => ERRCODE_UNDEFINED_TABLE,
            "there is no table \"{name}\" to attach as {role}",
            match candidates.as_slice() {
                [] => format!("The search path sees no table \"{name}\", and the argument {role} names no other."),
                some => format!("Tables that could serve: {}.", listed(some)),
            },
            match role {
                "clips" => "Name the table: spend_sync_attach(clips => 'schema.table', ...). Where submissions hold what is summed themselves: clips => NULL.".to_owned(),
                role => format!("Name the table: spend_sync_attach({role} => 'schema.table', ...)."),
            };

        Scattered { tables: Vec<String> }
            => ERRCODE_UNDEFINED_TABLE,
            "no tables that belong together are called so",
            format!("{} stand in several schemas, not all in the search path, and foreign keys do not link them.", listed(&tables)),
            "Name them: spend_sync_attach(campaigns => 'schema.table', clips => 'schema.table', submissions => 'schema.table', ...).";

        TableGone { oid: u32 }
            => ERRCODE_UNDEFINED_TABLE,
            "there is no table with OID {oid}",
            "It was dropped just now, or before the call named it.",
            "Name a table that is there: spend_sync_attach(campaigns => 'schema.table', ...).";

        NotATable { table: String, problem: String }
            => ERRCODE_WRONG_OBJECT_TYPE,
            "{table} cannot be attached",
            format!("{problem}."),
            "Attach ordinary or partitioned tables.";

        SameTable { table: String }
            => ERRCODE_FEATURE_NOT_SUPPORTED,
            "table {table} cannot be two things at once",
            "Campaigns, clips and submissions are tables of their own.",
            "Name different tables.";

        NotOwner { table: String, role: String }
            => ERRCODE_INSUFFICIENT_PRIVILEGE,
            "must be owner of table {table}",
            format!("Role {role} is not, nor a member of the role that is."),
            "Attach and detach as a role that owns all of the tables.";

        OwnerCannot { owner: String, problem: String, advice: String }
            => ERRCODE_INSUFFICIENT_PRIVILEGE,
            "the owner of the campaigns table, {owner}, could not compute the totals",
            format!("{problem}."),
            advice;

        SeveralOwners { owners: String, advice: String }
            => ERRCODE_INSUFFICIENT_PRIVILEGE,
            "one role must own all tables of a total",
            format!("{owners}. Who reads a table runs code of its owner's: one would act as the other."),
            advice;

        DomainOfOther { domain: String, role: String, owner: String }
            => ERRCODE_INSUFFICIENT_PRIVILEGE,
            "the owner of a total's table must own the type of the total",
            format!("{domain} belongs to {role}, which has not the rights of {owner}. To store a total runs its CHECKs, as {owner}."),
            format!("ALTER DOMAIN {domain} OWNER TO {owner};");

        NotLocked { table: String }
            => ERRCODE_LOCK_NOT_AVAILABLE,
            "could not lock table {table} within lock_timeout",
            "All tables of the total are locked together; others were writing, or hold a lock.",
            "Try again when less is written, or raise lock_timeout.";

        InUse { table: String }
            => ERRCODE_OBJECT_IN_USE,
            "table {table} is used by a query of this session that has not ended",
            "Rows that it writes would go by the triggers that are made or dropped now.",
            "Attach and detach by a statement of their own, with no cursor open on the table.";

        AmidStore {}
            => ERRCODE_OBJECT_IN_USE,
            "no table can be attached, detached or renamed while a total is stored",
            "A trigger or a constraint of the campaigns table calls this, and what other totals owe is brought up only afterwards.",
            "Attach, detach and rename by a statement of their own.";

        NotUtf8 {}
            => ERRCODE_FEATURE_NOT_SUPPORTED,
            "spend_sync needs a database in UTF-8",
            "Keys and names are handled as UTF-8 text.",
            "Create the database with ENCODING 'UTF8'.";
    }
}
