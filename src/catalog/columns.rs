//! Columns and their types.

use crate::catalog::read_often;
use crate::errors::Result;
use crate::value::key::KeyType;
use crate::value::money::MoneyType;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub number: i16,
    /// The type as declared.
    pub kind: Oid,
    /// The same for people.
    pub type_name: String,
    /// The type below all domains.
    pub base_type: Oid,
    /// That type in SQL, with its precision and scale.
    pub base_sql: String,
    pub typmod: i32,
    pub is_enum: bool,
    pub is_generated: bool,
    /// Generated, and computed when it is read: no row holds it.
    pub is_virtual: bool,
    pub has_deterministic_collation: bool,
    pub collation: Oid,
}

impl Column {
    pub fn is_domain(&self) -> bool {
        self.kind != self.base_type
    }

    pub fn key_type(&self) -> Option<KeyType> {
        KeyType::of(self.base_type)
    }

    /// The type of money that it has, if any.
    pub fn money(&self) -> Option<MoneyType> {
        MoneyType::of(self.base_type, self.typmod)
    }
}

/// All columns of a table, in their order.
pub fn columns(relation: Oid) -> Result<Vec<Column>> {
    let rows = read_often(
        "WITH RECURSIVE base (attnum, oid, typmod) AS (
             SELECT attnum, atttypid, atttypmod FROM pg_attribute
             WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped
             UNION ALL
             SELECT base.attnum, t.typbasetype, t.typtypmod
             FROM base JOIN pg_type t ON t.oid = base.oid WHERE t.typtype = 'd')
         SELECT a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), t.oid,
                format_type(t.oid, base.typmod), base.typmod, t.typtype = 'e', a.attgenerated <> '', coalesce(l.collisdeterministic, true),
                a.attcollation, a.atttypid, a.attgenerated = 'v'
         FROM base
         JOIN pg_type t ON t.oid = base.oid AND t.typtype <> 'd'
         JOIN pg_attribute a ON a.attrelid = $1 AND a.attnum = base.attnum
         LEFT JOIN pg_collation l ON l.oid = a.attcollation
         ORDER BY a.attnum",
        &[Param::Oid(relation)],
    )?;
    rows.iter().map(column).collect()
}

fn column(row: &Row) -> Result<Column> {
    Ok(Column {
        name: row.owned(0)?,
        number: row.number(1)?,
        type_name: row.owned(2)?,
        base_type: row.oid(3)?,
        base_sql: row.owned(4)?,
        typmod: row.number(5)?,
        is_enum: row.is_true(6),
        is_generated: row.is_true(7),
        has_deterministic_collation: row.is_true(8),
        collation: row.oid(9)?,
        kind: row.oid(10)?,
        is_virtual: row.is_true(11),
    })
}
