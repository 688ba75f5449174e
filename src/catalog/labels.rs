//! The labels of enums.

use crate::catalog::{read, read_often};
use crate::errors::Result;
use crate::value::param::Param;
use pgrx::pg_sys::Oid;

/// The labels of the enum below a column, in their order.
pub fn enum_labels(enum_type: Oid) -> Result<Vec<String>> {
    let sql = "SELECT enumlabel FROM pg_enum WHERE enumtypid = $1 ORDER BY enumsortorder";
    read_often(sql, &[Param::Oid(enum_type)])?
        .iter()
        .map(|row| row.owned(0))
        .collect()
}

/// The OIDs of some of them.
pub fn label_oids(enum_type: Oid, labels: &[String]) -> Result<Vec<Oid>> {
    let sql = "SELECT oid FROM pg_enum WHERE enumtypid = $1 AND enumlabel = ANY ($2)
               ORDER BY array_position($2, enumlabel::text)";
    let rows = read_often(sql, &[Param::Oid(enum_type), Param::Texts(labels)])?;
    rows.iter().map(|row| row.oid(0)).collect()
}

/// The labels of these OIDs, in their order.
pub fn labels_of(oids: &[Oid]) -> Result<Vec<String>> {
    let mut labels = Vec::with_capacity(oids.len());
    for oid in oids {
        let rows = read("SELECT enumlabel FROM pg_enum WHERE oid = $1", &[Param::Oid(*oid)])?;
        labels.extend(rows.first().map(|row| row.owned(0)).transpose()?);
    }
    Ok(labels)
}
