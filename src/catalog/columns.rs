//! Columns and their types.

use crate::errors::Result;
use crate::pg::attribute::Attribute;
use crate::pg::{attribute, session};
use crate::value::key::KeyType;
use crate::value::money::MoneyType;
use crate::value::status::StatusType;
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

    pub fn status_type(&self) -> Option<StatusType> {
        StatusType::of(self.base_type, self.is_enum, self.is_domain())
    }

    /// The type of money that it has, if any.
    pub fn money(&self) -> Option<MoneyType> {
        MoneyType::of(self.base_type, self.typmod)
    }
}

/// All columns of a table, in their order.
pub fn columns(relation: Oid) -> Result<Vec<Column>> {
    let all = session::with_catalog_names(|| attribute::of_relation(relation))?;
    Ok(all.into_iter().map(column).collect())
}

fn column(found: Attribute) -> Column {
    Column {
        name: found.name,
        number: found.number,
        kind: found.kind,
        type_name: found.type_name,
        base_type: found.base_type,
        base_sql: found.base_sql,
        typmod: found.typmod,
        is_enum: found.is_enum,
        is_generated: found.generated != '\0',
        is_virtual: found.generated == 'v',
        has_deterministic_collation: found.has_deterministic_collation,
        collation: found.collation,
    }
}
