//! Tables and their partitions.

use crate::catalog::{read, read_often};
use crate::errors::Result;
use crate::pg::snapshot::Sees;
use crate::pg::{name, spi};
use crate::value::mapping::FullName;
use crate::value::names;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;

/// A table.
#[derive(Clone, Debug)]
pub struct Relation {
    pub oid: Oid,
    pub name: FullName,
    /// `pg_class.relkind`: r, p, v, ...
    pub kind: char,
    pub owner: Oid,
    pub owner_name: String,
    /// The role in force owns it, or is a member of the role that does.
    pub is_ours: bool,
    pub has_inheritance_children: bool,
    pub has_foreign_partition: bool,
    pub is_temporary: bool,
    pub is_unlogged: bool,
    pub is_partition: bool,
    /// From another table, by no partition.
    pub inherits: bool,
    pub is_typed: bool,
}

impl Relation {
    /// Why no total can be kept with this table; `None` if one can.
    pub fn unfit(&self) -> Option<&'static str> {
        match self.kind {
            'r' | 'p' if self.is_temporary => Some("It is temporary"),
            'r' | 'p' if self.is_partition => Some(
                "It is a partition; written by the table that it is one of, it fires no statement triggers of its own",
            ),
            'r' | 'p' if self.is_typed => Some("It is a table of a type, and gets other columns with it"),
            'r' | 'p' if self.inherits => Some(
                "It inherits from another table; what writes or changes that would do so to this one, and fire none of its triggers",
            ),
            'r' | 'p' if self.has_inheritance_children => {
                Some("Tables inherit from it; their rows would count, but fire no triggers")
            }
            'p' if self.has_foreign_partition => {
                Some("A partition of it is a foreign table; its rows would count, but are written past all triggers")
            }
            'r' | 'p' => None,
            'v' | 'm' => Some("It is a view"),
            'f' => Some("It is a foreign table"),
            _ => Some("It is no table"),
        }
    }

    /// The name for SQL.
    pub fn sql(&self) -> String {
        names::table(&self.name.schema, &self.name.table)
    }

    /// The name for people: always with its schema, quoted where it must be.
    pub fn display(&self) -> String {
        display(&self.name)
    }

    pub fn is_partitioned(&self) -> bool {
        self.kind == 'p'
    }
}

/// A full name for people.
pub fn display(name: &FullName) -> String {
    format!(
        "{}.{}",
        name::display_name(&name.schema),
        name::display_name(&name.table)
    )
}

/// A query for relations; what it ends with says which.
macro_rules! relations {
    ($which:literal) => {
        concat!(
            "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relowner, pg_get_userbyid(c.relowner),
                    pg_has_role(c.relowner, 'USAGE'),
                    c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid),
                    c.relkind = 'p' AND EXISTS (
                        WITH RECURSIVE tree (oid) AS (
                            SELECT c.oid
                            UNION ALL SELECT i.inhrelid FROM tree JOIN pg_inherits i ON i.inhparent = tree.oid)
                        SELECT FROM tree JOIN pg_class p ON p.oid = tree.oid WHERE p.relkind = 'f'),
                    c.relpersistence = 't', c.relpersistence = 'u', c.relispartition, c.reloftype <> 0,
                    NOT c.relispartition AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace ",
            $which
        )
    };
}

/// The relation with this OID, if there is one.
pub fn relation(oid: Oid) -> Result<Option<Relation>> {
    let rows = read_often(relations!("WHERE c.oid = $1"), &[Param::Oid(oid)])?;
    rows.first().map(of_row).transpose()
}

/// The relation of this full name, if there is one. This is where a trigger's "campaigns table" becomes a relation.
pub fn named(name: &FullName) -> Result<Option<Relation>> {
    let rows = read_often(
        relations!("WHERE n.nspname = $1 AND c.relname = $2"),
        &[Param::Text(&name.schema), Param::Text(&name.table)],
    )?;
    rows.first().map(of_row).transpose()
}

fn of_row(row: &Row) -> Result<Relation> {
    Ok(Relation {
        oid: row.oid(0)?,
        name: FullName {
            schema: row.owned(1)?,
            table: row.owned(2)?,
        },
        kind: row.letter(3)?,
        owner: row.oid(4)?,
        owner_name: row.owned(5)?,
        is_ours: row.is_true(6),
        has_inheritance_children: row.is_true(7),
        has_foreign_partition: row.is_true(8),
        is_temporary: row.is_true(9),
        is_unlogged: row.is_true(10),
        is_partition: row.is_true(11),
        is_typed: row.is_true(12),
        inherits: row.is_true(13),
    })
}

/// The OID of a table by its full name.
pub fn find(name: &FullName) -> Result<Option<Oid>> {
    let rows = read_often(
        "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relname = $2",
        &[Param::Text(&name.schema), Param::Text(&name.table)],
    )?;
    rows.first().map(|row| row.oid(0)).transpose()
}

/// The table that the caller's search path finds under a bare name.
pub fn find_visible(name: &str) -> Result<Option<Oid>> {
    let sql = "SELECT pg_catalog.to_regclass(pg_catalog.quote_ident($1))::pg_catalog.oid";
    let rows = spi::query(sql, &[Param::Text(name)], Sees::Latest)?;
    rows.first()
        .filter(|row| row.get(0).is_some())
        .map(|row| row.oid(0))
        .transpose()
}

/// The partitions below a table, of all levels; `pg_partition_tree` would lock them all until the transaction ends.
macro_rules! partitions_below {
    ($columns_and_joins:literal) => {
        concat!(
            "WITH RECURSIVE below (oid) AS (
                 SELECT inhrelid FROM pg_inherits WHERE inhparent = $1 AND NOT inhdetachpending
                 UNION ALL
                 SELECT i.inhrelid FROM below JOIN pg_inherits i ON i.inhparent = below.oid AND NOT i.inhdetachpending) ",
            $columns_and_joins
        )
    };
}

/// The partitions below a table, of all levels.
pub fn partition_oids(relation: Oid) -> Result<Vec<Oid>> {
    let sql = partitions_below!("SELECT oid FROM below");
    read_often(sql, &[Param::Oid(relation)])?
        .iter()
        .map(|row| row.oid(0))
        .collect()
}

/// Tables, each with its partitions of all levels.
pub fn with_partitions(tables: [&Relation; 3]) -> Result<Vec<Oid>> {
    let mut all = Vec::new();
    for table in tables {
        all.push(table.oid);
        if table.is_partitioned() {
            all.extend(partition_oids(table.oid)?);
        }
    }
    Ok(all)
}

/// The partitions below a table, of all levels, in the order of their names.
pub fn partitions(relation: Oid) -> Result<Vec<FullName>> {
    let rows = read_often(
        partitions_below!(
            "SELECT n.nspname, c.relname FROM below
             JOIN pg_class c ON c.oid = below.oid JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2"
        ),
        &[Param::Oid(relation)],
    )?;
    full_names(&rows)
}

/// The partitions below a table, of all levels, that belong to a role without the rights of `owner`; and that role's name.
pub fn partitions_of_others(relation: Oid, owner: Oid) -> Result<Vec<(FullName, String)>> {
    let rows = read_often(
        partitions_below!(
            "SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) FROM below
             JOIN pg_class c ON c.oid = below.oid JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE NOT pg_has_role(c.relowner, $2, 'USAGE') ORDER BY 1, 2"
        ),
        &[Param::Oid(relation), Param::Oid(owner)],
    )?;
    let owners = rows.iter().map(|row| row.owned(2)).collect::<Result<Vec<_>>>()?;
    Ok(full_names(&rows)?.into_iter().zip(owners).collect())
}

/// A table and its partitions, of all levels, as far as a crash empties them.
pub fn unlogged(relation: Oid) -> Result<Vec<FullName>> {
    let rows = read(
        partitions_below!(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relpersistence = 'u' AND (c.oid = $1 OR c.oid IN (SELECT oid FROM below)) ORDER BY 1, 2"
        ),
        &[Param::Oid(relation)],
    )?;
    full_names(&rows)
}

/// Rows of schema and name.
fn full_names(rows: &[Row]) -> Result<Vec<FullName>> {
    let name = |row: &Row| {
        Ok(FullName {
            schema: row.owned(0)?,
            table: row.owned(1)?,
        })
    };
    rows.iter().map(name).collect()
}

/// The table that a partition, of whatever level, belongs to; any other table itself.
pub fn root(relation: Oid) -> Result<Oid> {
    let rows = read_often(
        "SELECT coalesce(pg_partition_root($1::regclass)::oid, $1)",
        &[Param::Oid(relation)],
    )?;
    rows.first().map_or(Ok(relation), |row| row.oid(0))
}
