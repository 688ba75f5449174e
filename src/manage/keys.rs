//! Which columns of campaigns, or clips, are the key that submissions point to.

use crate::catalog;
use crate::catalog::{Column, ForeignKey, Unique};
use crate::errors::column::ColumnError;
use crate::errors::{Error, Result};
use crate::manage::detect::{listed, missing};
use crate::manage::links::{Sought, Target};
use crate::pg::name;
use crate::value::key::KeyType;
use crate::value::mapping::KeyColumns;

/// The columns that were named, if they are unique; else those of the key that the table has. Two campaigns of one key would be one total;
/// two clips of one key both count. `link`: the columns that point to it, if they were named.
pub fn key(
    sought: &Sought,
    target: &Target,
    given: Option<KeyColumns>,
    link: Option<&KeyColumns>,
) -> Result<KeyColumns> {
    let Some(given) = given else {
        return usual(sought, target, link);
    };
    let names = given.names();
    if let Some(name) = names.iter().find(|name| target.column(name).is_none()) {
        let unique = catalog::unique_keys(target.table.oid, target.unique)?;
        let is_of_one = |column: &&Column| unique.iter().any(|key| key.contains(&column.name));
        let could_serve = target.columns.iter().filter(is_of_one);
        return Err(missing(target.table, target.key, name, could_serve));
    }
    if catalog::is_unique(target.table.oid, names, target.unique)? {
        return Ok(given);
    }
    Err(not_unique(target, names))
}

fn not_unique(target: &Target, names: &[String]) -> Error {
    let (table, argument) = (target.table.display(), target.key);
    match names {
        [column] => ColumnError::NotUnique {
            table,
            argument,
            column: name::display_name(column),
        },
        several => ColumnError::NotUniqueTogether {
            table,
            argument,
            columns: listed(several),
        },
    }
    .into()
}

/// The primary key; or a column that is unique alone, where it is of several columns and submissions do not point to all of them.
fn usual(sought: &Sought, target: &Target, link: Option<&KeyColumns>) -> Result<KeyColumns> {
    let unique = catalog::unique_keys(target.table.oid, target.unique)?;
    let alone = unique.into_iter().find(|key| key.len() == 1);
    let primary = catalog::primary_key(target.table.oid)?;
    let could_be = |name: &String| target.column(name).and_then(Column::key_type).is_some();
    let whole = (primary.len() > 1 && primary.iter().all(could_be)).then_some(primary);
    match (whole, alone) {
        (Some(only), None) | (None, Some(only)) => Ok(only.into()),
        (Some(whole), Some(alone)) => one_of(sought, target, link, (whole, alone)),
        (None, None) => {
            // Numbers with decimals are money, more often than keys.
            let is_key = |column: &&Column| column.key_type().is_some_and(|kind| kind != KeyType::Numeric);
            let could_serve = target.columns.iter().filter(is_key);
            Err(missing(target.table, target.key, "id", could_serve))
        }
    }
}

/// What the link says, or foreign keys, or else the names of submissions' columns. A column that is unique in each partition alone is
/// perhaps the key of a tenant's, and perhaps all of it.
fn one_of(
    sought: &Sought,
    target: &Target,
    link: Option<&KeyColumns>,
    (whole, alone): (Vec<String>, Vec<String>),
) -> Result<KeyColumns> {
    let refers_to = |key: &[String]| {
        target
            .foreign_keys
            .iter()
            .any(|link: &ForeignKey| link.by(key).is_some())
    };
    let is_whole = match link {
        Some(link) => link.names().len() == whole.len(),
        None if refers_to(&whole) => true,
        None if refers_to(&alone) || !sought.names(target, &whole) => false,
        None if !whole.contains(&alone[0]) => true,
        None if catalog::is_unique(target.table.oid, &alone, Unique::AtCommit)? => false,
        None => {
            let candidates = [whole, alone].map(|key| KeyColumns::from(key).argument());
            return Err(ColumnError::ColumnAmbiguous {
                table: target.table.display(),
                argument: target.key,
                candidates: candidates.into(),
            }
            .into());
        }
    };
    Ok(if is_whole { whole } else { alone }.into())
}
