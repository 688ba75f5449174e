//! Keys, the links between them, and indexes.

use crate::catalog::{partition_columns, read, read_often};
use crate::errors::{Error, Result};
use crate::value::mapping::FullName;
use crate::value::names;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;

/// How alone columns must identify a row.
#[derive(Clone, Copy)]
pub enum Unique {
    /// At any time, in all of the table.
    AtOnce,
    /// In all of the table, at commit at the latest.
    AtCommit,
    /// In each partition, at commit at the latest: the columns that a table is partitioned by, at whichever level, must stand in each of its
    /// unique indexes and don't count, where there are others.
    InPartitions,
}

/// The columns that identify a row together, of each key, the primary one first, then those of fewest columns. Those of a key WITHOUT
/// OVERLAPS are unique at a time only.
pub fn unique_keys(relation: Oid, how: Unique) -> Result<Vec<Vec<String>>> {
    let rows = read_often(
        "SELECT array_agg(a.attname::text ORDER BY k.place) AS names, i.indisprimary
         FROM pg_index i
         CROSS JOIN LATERAL (
             SELECT k.attnum, k.place, bool_or(k.attnum = 0) OVER () AS has_expression
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
             WHERE k.place <= i.indnkeyatts) AS k
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = $1 AND i.indisunique AND NOT i.indisexclusion AND i.indisvalid AND i.indpred IS NULL
           AND NOT k.has_expression AND (i.indimmediate OR $2 > 0)
         GROUP BY i.indexrelid, i.indisprimary
         ORDER BY names",
        &[Param::Oid(relation), Param::Int8(how as i64)],
    )?;
    let partitioned_by = match how {
        Unique::InPartitions => partition_columns(relation)?,
        Unique::AtOnce | Unique::AtCommit => Vec::new(),
    };
    let key = |row: &Row| Ok((!row.is_true(1), needed_of(&names_in(row, 0)?, &partitioned_by)));
    let mut keys: Vec<(bool, Vec<String>)> = rows.iter().map(key).collect::<Result<_>>()?;
    keys.sort_by_key(|(is_other, key)| (*is_other, key.len()));
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// What identifies a row within a partition, of a key: a column that all rows of one agree in says nothing more.
fn needed_of(key: &[String], partitioned_by: &[String]) -> Vec<String> {
    let others = key.iter().filter(|column| !partitioned_by.contains(column)).cloned();
    let others: Vec<String> = others.collect();
    if others.is_empty() { key.to_vec() } else { others }
}

/// Whether these columns are such a key, in whichever order. (More than a key's would be as unique; but no index bounds what they hold.)
/// In partitions those that it needs there are, with any others of it.
pub fn is_unique(relation: Oid, columns: &[String], how: Unique) -> Result<bool> {
    let keys = match how {
        Unique::InPartitions => unique_keys(relation, Unique::AtCommit)?,
        Unique::AtOnce | Unique::AtCommit => unique_keys(relation, how)?,
    };
    if keys.iter().any(|key| are_same(key, columns)) {
        return Ok(true);
    }
    if !matches!(how, Unique::InPartitions) {
        return Ok(false);
    }
    let partitioned_by = partition_columns(relation)?;
    let has_all = |of: &[String], columns: &[String]| columns.iter().all(|column| of.contains(column));
    let is_of = |key: &Vec<String>| has_all(key, columns) && has_all(columns, &needed_of(key, &partitioned_by));
    Ok(keys.iter().any(is_of))
}

/// Whether both are of the same columns, in whichever order.
fn are_same(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}

/// An array of names.
fn names_in(row: &Row, column: usize) -> Result<Vec<String>> {
    let names = names::fields(row.text(column)?).and_then(|names| names.into_iter().collect());
    names.ok_or_else(|| Error::internal("no array of names"))
}

/// The columns of the primary key, in their order; none, if there is none.
pub fn primary_key(relation: Oid) -> Result<Vec<String>> {
    let rows = read(
        "SELECT a.attname
         FROM pg_index i
         CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = $1 AND i.indisprimary AND k.place <= i.indnkeyatts
         ORDER BY k.place",
        &[Param::Oid(relation)],
    )?;
    rows.iter().map(|row| row.owned(0)).collect()
}

/// A foreign key: its columns, and those that they refer to, in the same order.
pub struct ForeignKey {
    pub table: Oid,
    pub columns: Vec<String>,
    pub referenced: Vec<String>,
}

impl ForeignKey {
    /// Whether it is of these columns, in whichever order.
    pub fn is_of(&self, columns: &[String]) -> bool {
        are_same(&self.columns, columns)
    }

    /// Its columns in the order of this key, if that is what they refer to.
    pub fn by(&self, key: &[String]) -> Option<Vec<String>> {
        self.part(key).filter(|columns| columns.len() == self.referenced.len())
    }

    /// Whether this column of its refers to another than this one.
    pub fn says_else(&self, column: &str, part: &str) -> bool {
        let mut pairs = self.columns.iter().zip(&self.referenced);
        pairs.any(|(own, referenced)| own == column && referenced != part)
    }

    /// Those of its columns that refer to this key, in its order.
    pub fn part(&self, key: &[String]) -> Option<Vec<String>> {
        let column_of = |name: &String| {
            let place = self.referenced.iter().position(|referenced| referenced == name)?;
            self.columns.get(place).cloned()
        };
        key.iter().map(column_of).collect()
    }
}

/// The foreign keys of a table. Those to a partitioned table are there once more for each of its partitions.
pub fn foreign_keys(from: Oid) -> Result<Vec<ForeignKey>> {
    let rows = read(
        "SELECT array_agg(a.attname::text ORDER BY k.place), array_agg(r.attname::text ORDER BY k.place), f.confrelid
         FROM pg_constraint f
         CROSS JOIN LATERAL unnest(f.conkey, f.confkey) WITH ORDINALITY AS k (own, referenced, place)
         JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.own
         JOIN pg_attribute r ON r.attrelid = f.confrelid AND r.attnum = k.referenced
         WHERE f.contype = 'f' AND f.conrelid = $1 AND f.conparentid = 0
         GROUP BY f.oid, f.conname, f.confrelid
         ORDER BY f.conname",
        &[Param::Oid(from)],
    )?;
    let key = |row: &Row| {
        Ok(ForeignKey {
            table: row.oid(2)?,
            columns: names_in(row, 0)?,
            referenced: names_in(row, 1)?,
        })
    };
    rows.iter().map(key).collect()
}

/// Whether an index that covers all rows finds those that agree in these columns: it begins with them, or with some, among them the last,
/// which most often tells more than those before (a tenant, say).
pub fn has_index(relation: Oid, columns: &[i16]) -> Result<bool> {
    let list = |columns: &[i16]| names::array(&columns.iter().map(ToString::to_string).collect::<Vec<_>>());
    let rows = read(
        "SELECT FROM pg_index i
         CROSS JOIN LATERAL (
             SELECT array_agg(k.attnum) AS first
             FROM (SELECT k.attnum, bool_and(k.attnum = ANY ($2::int2[])) OVER (ORDER BY k.place) AS is_of_these
                   FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
                   WHERE k.place <= i.indnkeyatts) AS k
             WHERE k.is_of_these) AS k
         WHERE i.indrelid = $1 AND i.indpred IS NULL AND i.indisvalid AND ($2::int2[])[cardinality($2::int2[])] = ANY (k.first)",
        &[Param::Oid(relation), Param::Text(&list(columns))],
    )?;
    Ok(!rows.is_empty())
}

/// The names of the unique indexes in whose keys a column stands: an UPDATE of it locks a row as a DELETE does.
pub fn unique_indexes_over(relation: Oid, column: i16) -> Result<Vec<String>> {
    let rows = read(
        "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
         WHERE i.indrelid = $1 AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND EXISTS (
             SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
             WHERE k.attnum::text = $2 AND k.place <= i.indnkeyatts)
         ORDER BY 1",
        &[Param::Oid(relation), Param::Text(&column.to_string())],
    )?;
    rows.iter().map(|row| row.owned(0)).collect()
}

/// Whether all constraints of this schema and name, of whichever table, can be deferred.
pub fn can_all_wait(name: &FullName) -> Result<bool> {
    let rows = read(
        "SELECT FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
         WHERE c.conname = $1 AND n.nspname = $2 AND NOT c.condeferrable LIMIT 1",
        &[Param::Text(&name.table), Param::Text(&name.schema)],
    )?;
    Ok(rows.is_empty())
}
