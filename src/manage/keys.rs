//! Which columns of campaigns, or clips, are the key that submissions point to.

use crate::catalog;
use crate::catalog::{Column, ForeignKey, Unique, fits};
use crate::errors::column::ColumnError;
use crate::errors::{Error, Result};
use crate::manage::links::{Sought, Target, missing};
use crate::pg::name;
use crate::value::columns::KeyColumns;
use crate::value::key::KeyType;

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
        return Err(missing(target.table, (target.key, names.len()), name, could_serve));
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
            columns: name::listed(several),
        },
    }
    .into()
}

/// The key that foreign keys of the link refer to; else the primary key, or a column that is unique alone, where the primary key is of
/// several columns and submissions do not point to all of them.
fn usual(sought: &Sought, target: &Target, link: Option<&KeyColumns>) -> Result<KeyColumns> {
    let unique = catalog::unique_keys(target.table.oid, target.unique)?;
    let alone = unique.iter().find(|key| key.len() == 1).cloned();
    let primary = catalog::primary_key(target.table.oid)?;
    let could_be = |name: &String| target.column(name).and_then(Column::key_type).is_some();
    let is_of_several = |key: &&Vec<String>| key.len() > 1 && key.iter().all(could_be);
    let bounds = match target.unique {
        Unique::InPartitions => catalog::partition_columns(target.table.oid)?,
        Unique::AtOnce | Unique::AtCommit => Vec::new(),
    };
    // One of a partition's columns may be of a type that is no key's: a day, say.
    let is_needed = |name: &&String| could_be(name) || !bounds.contains(name);
    let whole: Vec<String> = primary.iter().filter(is_needed).cloned().collect();
    let others = unique.iter().filter(|_| alone.is_none());
    let whole = std::iter::once(&whole).chain(others).find(is_of_several).cloned();
    let usual = [&whole, &alone].into_iter().flatten();
    if let Some(referred) = referred(sought, target, link, usual.map(Vec::as_slice))
        && referred.iter().all(could_be)
    {
        // A part that is unique alone says as much, and is found sooner.
        let part = alone.filter(|alone| referred.contains(&alone[0]));
        return Ok(match part {
            Some(part) if catalog::is_unique(target.table.oid, &part, Unique::AtCommit)? => part.into(),
            _ => referred.into(),
        });
    }
    match (whole, alone) {
        (None, Some(alone)) => match unfit(sought, target, link, (&primary, &alone))? {
            Some(unfit) => Err(of_partition(target, &alone, &primary, unfit)),
            None => Ok(alone.into()),
        },
        (Some(whole), None) => Ok(whole.into()),
        (Some(whole), Some(alone)) => one_of(sought, target, link, (whole, alone)),
        (None, None) => {
            let columns: Vec<Column> = primary.iter().filter_map(|name| target.column(name)).cloned().collect();
            fits::key(target.table, &columns)?;
            // Numbers with decimals are money, more often than keys.
            let is_key = |column: &&Column| column.key_type().is_some_and(|kind| kind != KeyType::Numeric);
            let could_serve = target.columns.iter().filter(is_key);
            Err(missing(target.table, (target.key, 1), "id", could_serve))
        }
    }
}

/// What keeps the primary key from being bound whole, where submissions point to all of it and a part is unique in each partition alone.
fn unfit<'a>(
    sought: &Sought,
    target: &'a Target,
    link: Option<&KeyColumns>,
    (primary, alone): (&[String], &[String]),
) -> Result<Option<&'a Column>> {
    let points_to_all = || {
        let is_whole = |link: &ForeignKey| primary.iter().all(|name| link.referenced.contains(name));
        sought.foreign_keys_to(target).any(is_whole) || sought.names(target, primary)
    };
    let is_part = alone.iter().all(|name| primary.contains(name)) && alone.len() < primary.len();
    let is_said = link.is_some_and(|link| link.names().len() == alone.len());
    if is_said || !is_part || catalog::is_unique(target.table.oid, alone, Unique::AtCommit)? || !points_to_all() {
        return Ok(None);
    }
    let mut columns = primary.iter().filter_map(|name| target.column(name));
    Ok(columns.find(|column| column.key_type().is_none()))
}

fn of_partition(target: &Target, alone: &[String], whole: &[String], unfit: &Column) -> Error {
    ColumnError::KeyOfPartition {
        table: target.table.display(),
        argument: target.key,
        part: name::listed(alone),
        whole: name::listed(whole),
        unfit: name::display_name(&unfit.name),
        kind: unfit.type_name.clone(),
    }
    .into()
}

/// The key that foreign keys refer to: one of the usual ones, or the only other.
fn referred<'a>(
    sought: &Sought,
    target: &Target,
    link: Option<&KeyColumns>,
    mut usual: impl Iterator<Item = &'a [String]>,
) -> Option<Vec<String>> {
    let is_link = |key: &&ForeignKey| link.is_none_or(|link| key.is_of(link.names()));
    let links: Vec<&ForeignKey> = sought.foreign_keys_to(target).filter(is_link).collect();
    if let Some(usual) = usual.find(|key| links.iter().any(|link| link.by(key).is_some())) {
        return Some(usual.to_vec());
    }
    let (first, others) = links.split_first()?;
    let is_only = others.iter().all(|other| other.by(&first.referenced).is_some());
    is_only.then(|| first.referenced.clone())
}

/// What the link says, or else the names of submissions' columns. A column that is unique in each partition alone is perhaps the key of a
/// tenant's, and perhaps all of it.
fn one_of(
    sought: &Sought,
    target: &Target,
    link: Option<&KeyColumns>,
    (whole, alone): (Vec<String>, Vec<String>),
) -> Result<KeyColumns> {
    let is_whole = match link {
        Some(link) => link.names().len() == whole.len(),
        None if !sought.names(target, &whole) => false,
        None if !whole.contains(&alone[0]) => true,
        None if catalog::is_unique(target.table.oid, &alone, Unique::AtCommit)? => false,
        None => return Err(target.ambiguous(&[&whole, &alone])),
    };
    Ok(if is_whole { whole } else { alone }.into())
}
