//! Whether columns are of types that a total can hang on.

use crate::catalog;
use crate::catalog::{Column, Relation};
use crate::errors::column::ColumnError;
use crate::errors::{Error, Result};
use crate::pg::name;
use crate::value::key::KeyType;
use crate::value::money::MoneyType;
use crate::value::names;
use crate::value::status::{APPROVED, StatusType};
use pgrx::pg_sys::{self, Oid};

/// A campaign without a key would have no total.
pub fn campaign_key(campaigns: &Relation, columns: &[Column]) -> Result<KeyType> {
    let kind = key(campaigns, columns)?;
    if let Some(column) = columns.iter().find(|column| !column.is_not_null) {
        let (table, column) = (campaigns.display(), name::display_name(&column.name));
        return Err(ColumnError::KeyMayBeNull { table, column }.into());
    }
    Ok(kind)
}

/// A total is written, whatever the campaign.
pub fn total(campaigns: &Relation, spent: &Column, campaign_id: &[Column]) -> Result<()> {
    if campaign_id.iter().any(|column| column.number == spent.number) {
        let (table, column) = (campaigns.display(), name::display_name(&spent.name));
        return Err(ColumnError::TotalIsKey { table, column }.into());
    }
    if !spent.is_generated {
        return Ok(());
    }
    let problem = "A generated column cannot be written";
    Err(wrong_type(
        campaigns,
        spent,
        problem,
        "Let spent be an ordinary column.",
    ))
}

fn wrong_type(table: &Relation, column: &Column, problem: &str, hint: &str) -> Error {
    ColumnError::WrongType {
        table: table.display(),
        column: name::display_name(&column.name),
        kind: column.type_name.clone(),
        problem: problem.to_owned(),
        hint: hint.to_owned(),
    }
    .into()
}

/// What a trigger reads must stand in the row that it is given.
pub fn stored(table: &Relation, column: &Column) -> Result<()> {
    if !column.is_virtual {
        return Ok(());
    }
    let problem = "It is virtual: no row holds it, and a trigger sees none of its values";
    Err(wrong_type(table, column, problem, "Let it be generated as STORED."))
}

/// A key is of types whose values are told apart by what they are printed as.
pub fn key(table: &Relation, columns: &[Column]) -> Result<KeyType> {
    let kinds = columns.iter().map(|column| key_column(table, column));
    Ok(KeyType::of_columns(&kinds.collect::<Result<Vec<_>>>()?))
}

fn key_column(table: &Relation, column: &Column) -> Result<KeyType> {
    const HINT: &str = "Keys may be text, varchar, char, uuid, smallint, integer, bigint or numeric.";
    if !column.has_deterministic_collation {
        return Err(wrong_type(
            table,
            column,
            "Its collation calls different texts equal",
            HINT,
        ));
    }
    column
        .key_type()
        .ok_or_else(|| wrong_type(table, column, "A key cannot be of this type", HINT))
}

/// A link compares with the key that it points to, column by column.
pub fn link(
    submissions: &Relation,
    (argument, columns): (&'static str, &[Column]),
    target: &[Column],
    target_key: KeyType,
) -> Result<()> {
    if columns.len() != target.len() {
        let names = |columns: &[Column]| columns.iter().map(|column| name::display_name(&column.name)).collect();
        return Err(ColumnError::KeyAndLink {
            table: submissions.display(),
            argument,
            columns: names(columns),
            key: names(target),
        }
        .into());
    }
    let pairs = columns.iter().zip(target).zip(target_key.columns());
    for ((column, target), kind) in pairs {
        link_column(submissions, column, target, *kind)?;
    }
    Ok(())
}

fn link_column(submissions: &Relation, column: &Column, target: &Column, target_key: KeyType) -> Result<()> {
    const DEFAULT: Oid = pg_sys::DEFAULT_COLLATION_OID;
    let (own, other) = (column.collation, target.collation);
    if !column.has_deterministic_collation || (own != other && own != DEFAULT && other != DEFAULT) {
        let problem = format!(
            "Its collation is not that of column {}",
            name::display_name(&target.name)
        );
        return Err(wrong_type(
            submissions,
            column,
            &problem,
            "Let a link have the collation of the key it points to.",
        ));
    }
    match column.key_type() {
        Some(kind) if kind.links_to(target_key) => Ok(()),
        _ => {
            let problem = format!(
                "It cannot point to column {} of type {}",
                name::display_name(&target.name),
                target.type_name
            );
            Err(wrong_type(
                submissions,
                column,
                &problem,
                "Let a link have the type of the key it points to.",
            ))
        }
    }
}

/// Amounts are numbers.
pub fn money(table: &Relation, column: &Column) -> Result<MoneyType> {
    const HINT: &str = "Money may be numeric, smallint, integer, bigint, real or double precision.";
    column
        .money()
        .ok_or_else(|| wrong_type(table, column, "Money cannot be of this type", HINT))
}

/// What counts can be told of a status of this type.
pub fn approved(submissions: &Relation, status: &Column, approved: &[String]) -> Result<()> {
    let Some(kind) = status.status_type() else {
        let hint = format!(
            "A status may be an enum, text, varchar, char, boolean, smallint, integer, bigint or numeric. Else a column says what counts: {}",
            generated(submissions, status, approved)
        );
        return Err(wrong_type(
            submissions,
            status,
            "A status cannot be of this type",
            &hint,
        ));
    };
    if approved.is_empty() {
        return Err(ColumnError::NothingApproved {}.into());
    }
    let known = match kind {
        StatusType::Enum => catalog::enum_labels(status.base_type)?,
        StatusType::Boolean => vec!["true".to_owned(), "false".to_owned()],
        _ => Vec::new(),
    };
    let is_known = |value: &String| kind.has(value) && (kind != StatusType::Enum || known.contains(value));
    match approved.iter().find(|value| !is_known(value)) {
        None => Ok(()),
        Some(value) => Err(ColumnError::BadStatus {
            table: submissions.display(),
            column: name::display_name(&status.name),
            value: value.clone(),
            known,
        }
        .into()),
    }
}

/// The command that adds a column which says whether a submission counts, by a column whose type no status can be of.
fn generated(submissions: &Relation, column: &Column, approved: &[String]) -> String {
    /// What a moment is called that ends something.
    const ENDS: [&str; 7] = ["delet", "remov", "archiv", "discard", "reject", "cancel", "revok"];
    let name = name::display_name(&column.name);
    let ends = ENDS.iter().any(|end| column.name.to_lowercase().contains(end));
    let values: Vec<String> = approved.iter().map(|value| names::literal(value)).collect();
    let one_of = match values.as_slice() {
        [one] => format!("= {one}"),
        several => format!("IN ({})", several.join(", ")),
    };
    let value = if column.is_domain() {
        format!("{name}::{}", column.base_sql)
    } else {
        name.clone()
    };
    let has_one = || values.iter().map(|one| format!("{one} = ANY ({value})"));
    let counts = match column.base_type {
        _ if column.is_moment() && ends => format!("{name} IS NULL"),
        _ if column.is_moment() => format!("{name} IS NOT NULL"),
        _ if column.is_array() => has_one().collect::<Vec<_>>().join(" OR "),
        pg_sys::JSONOID | pg_sys::JSONBOID => format!("{value} #>> '{{}}' {one_of}"),
        _ if column.holds_no_words() && approved == [APPROVED] => format!("{name} IS NOT NULL"),
        _ => format!("{value} {one_of}"),
    };
    format!(
        "ALTER TABLE {} ADD counts boolean GENERATED ALWAYS AS ({counts}) STORED; and spend_sync_attach(status => 'counts', approved => '{{true}}', ...).",
        submissions.display()
    )
}
