//! Keys, the links between them, and indexes.

use crate::catalog::{read, read_often};
use crate::errors::Result;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;

/// How alone a column must identify a row.
#[derive(Clone, Copy)]
pub enum Unique {
    /// At any time, in all of the table.
    AtOnce,
    /// In all of the table, at commit at the latest.
    AtCommit,
    /// In each partition, at commit at the latest: the columns that a table is partitioned by must stand in each of its unique indexes and
    /// don't count.
    InPartitions,
}

/// The columns that identify a row alone, the primary key's first. Those of a key WITHOUT OVERLAPS are unique at a time only.
pub fn unique_columns(relation: Oid, how: Unique) -> Result<Vec<String>> {
    let rows = read_often(
        "SELECT min(a.attname::text) AS name, bool_or(i.indisprimary) AS is_primary
         FROM pg_index i
         LEFT JOIN pg_partitioned_table p ON p.partrelid = i.indrelid
         CROSS JOIN LATERAL (
             SELECT k.attnum, count(*) OVER () AS keys
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
             WHERE k.place <= i.indnkeyatts
               AND (i.indnkeyatts = 1 OR $2 < 2 OR p.partattrs IS NULL OR k.attnum <> ALL (p.partattrs::int2[]))) AS k
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = $1 AND i.indisunique AND NOT i.indisexclusion AND i.indisvalid AND i.indpred IS NULL
           AND k.keys = 1 AND (i.indimmediate OR $2 > 0)
         GROUP BY i.indexrelid
         ORDER BY is_primary DESC, name",
        &[Param::Oid(relation), Param::Int8(how as i64)],
    )?;
    rows.iter().map(|row| row.owned(0)).collect()
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

/// A foreign key of one column.
pub struct ForeignKey {
    pub column: String,
    pub referenced: String,
}

/// The single-column foreign keys from one table to another.
pub fn foreign_keys(from: Oid, to: Oid) -> Result<Vec<ForeignKey>> {
    let rows = read(
        "SELECT a.attname, r.attname
         FROM pg_constraint f
         JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
         JOIN pg_attribute r ON r.attrelid = f.confrelid AND r.attnum = f.confkey[1]
         WHERE f.contype = 'f' AND f.conrelid = $1 AND f.confrelid = $2 AND cardinality(f.conkey) = 1
         ORDER BY f.conname",
        &[Param::Oid(from), Param::Oid(to)],
    )?;
    let key = |row: &Row| {
        Ok(ForeignKey {
            column: row.owned(0)?,
            referenced: row.owned(1)?,
        })
    };
    rows.iter().map(key).collect()
}

/// Whether an index that covers all rows begins with this column.
pub fn has_index(relation: Oid, column: i16) -> Result<bool> {
    let rows = read(
        "SELECT FROM pg_index i WHERE i.indrelid = $1 AND i.indkey[0]::text = $2 AND i.indpred IS NULL AND i.indisvalid",
        &[Param::Oid(relation), Param::Text(&column.to_string())],
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
