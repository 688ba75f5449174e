//! Tables and their partitions.

use crate::catalog::read_often;
use crate::errors::Result;
use crate::pg::relation::Class;
use crate::pg::snapshot::Sees;
use crate::pg::{name, relation, role, session, spi};
use crate::value::mapping::FullName;
use crate::value::names::table as quoted;
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
    pub is_temporary: bool,
    pub is_unlogged: bool,
    pub is_partition: bool,
    pub is_typed: bool,
}

impl Relation {
    /// Why no total can be kept with this table; `None` if one can.
    pub fn unfit(&self) -> Result<Option<&'static str>> {
        Ok(match self.kind {
            'r' | 'p' => self.unfit_table()?,
            'v' | 'm' => Some("It is a view"),
            'f' => Some("It is a foreign table"),
            _ => Some("It is no table"),
        })
    }

    fn unfit_table(&self) -> Result<Option<&'static str>> {
        if self.is_temporary {
            return Ok(Some("It is temporary"));
        }
        if self.is_partition {
            return Ok(Some(
                "It is a partition; written by the table that it is one of, it fires no statement triggers of its own",
            ));
        }
        if self.is_typed {
            return Ok(Some("It is a table of a type, and gets other columns with it"));
        }
        if relation::has_parent(self.oid)? {
            return Ok(Some(
                "It inherits from another table; what writes or changes that would do so to this one, and fire none of its triggers",
            ));
        }
        if !self.is_partitioned() && !relation::children(self.oid)?.is_empty() {
            return Ok(Some(
                "Tables inherit from it; their rows would count, but fire no triggers",
            ));
        }
        if self.is_partitioned() && has_foreign_partition(self.oid)? {
            return Ok(Some(
                "A partition of it is a foreign table; its rows would count, but are written past all triggers",
            ));
        }
        if self.is_partitioned() && is_losing_partition(self.oid)? {
            return Ok(Some(
                "A partition of it is being detached: it has its rows no more, and totals may have them. ALTER TABLE ... DETACH PARTITION ... FINALIZE ends that",
            ));
        }
        Ok(None)
    }

    /// The name for SQL.
    pub fn sql(&self) -> String {
        quoted(&self.name.schema, &self.name.table)
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

/// The relation with this OID, if there is one.
pub fn relation(oid: Oid) -> Result<Option<Relation>> {
    let Some(class) = relation::class(oid)? else {
        return Ok(None);
    };
    Ok(Some(Relation {
        oid,
        name: class.name,
        kind: class.kind,
        owner: class.owner,
        owner_name: role::name(class.owner)?,
        is_ours: session::has_rights_of(class.owner),
        is_temporary: class.persistence == 't',
        is_unlogged: class.persistence == 'u',
        is_partition: class.is_partition,
        is_typed: class.is_typed,
    }))
}

/// The relation of this full name, if there is one. This is where a trigger's "campaigns table" becomes a relation.
pub fn named(name: &FullName) -> Result<Option<Relation>> {
    find(name)?.map_or(Ok(None), relation)
}

/// The OID of a table by its full name.
pub fn find(name: &FullName) -> Result<Option<Oid>> {
    relation::named(name)
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

/// A table that may be meant by a usual name.
pub struct Alike {
    pub oid: Oid,
    /// With its schema, for people.
    pub name: String,
    /// Whether the caller's search path finds it by its bare name.
    pub is_visible: bool,
}

/// The tables of the role in force, of one schema or of all, whose names match a pattern, whatever their case, in the order of their names.
pub fn alike(pattern: &str, schema: Option<&str>) -> Result<Vec<Alike>> {
    let sql = "SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.pg_table_is_visible(c.oid)
         FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
         WHERE c.relname OPERATOR(pg_catalog.~*) $1 AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}') AND NOT c.relispartition
           AND c.relpersistence OPERATOR(pg_catalog.<>) 't' AND n.nspname OPERATOR(pg_catalog.!~) '^(pg_|information_schema$|spend_sync$)'
           AND pg_catalog.pg_has_role(c.relowner, 'USAGE') AND $2 OPERATOR(pg_catalog.=) ANY (ARRAY['', n.nspname::pg_catalog.text])
         ORDER BY 2 LIMIT 20";
    let rows = spi::query(
        sql,
        &[Param::Text(pattern), Param::Text(schema.unwrap_or_default())],
        Sees::Latest,
    )?;
    let alike = |row: &Row| {
        Ok(Alike {
            oid: row.oid(0)?,
            name: row.owned(1)?,
            is_visible: row.is_true(2),
        })
    };
    rows.iter().map(alike).collect()
}

/// The partitions below a table, of all levels. None of them is locked.
pub fn partition_oids(table: Oid) -> Result<Vec<Oid>> {
    let mut all = relation::children(table)?;
    let mut seen = 0;
    while let Some(partition) = all.get(seen) {
        all.extend(relation::children(*partition)?);
        seen += 1;
    }
    Ok(all)
}

/// The numbers of the columns that a table is partitioned by, at its first level.
pub fn partitioned_by(table: Oid) -> Result<Vec<i16>> {
    let rows = read_often(
        "SELECT k.number FROM pg_partitioned_table p, unnest(p.partattrs::int2[]) AS k (number) WHERE p.partrelid = $1",
        &[Param::Oid(table)],
    )?;
    rows.iter().map(|row| row.number(0)).collect()
}

/// The names of the columns that a table, or a partition of it, is partitioned by.
pub fn partition_columns(table: Oid) -> Result<Vec<String>> {
    let mut all = partition_oids(table)?;
    all.push(table);
    let rows = read_often(
        "SELECT DISTINCT a.attname FROM pg_partitioned_table p
         CROSS JOIN LATERAL unnest(p.partattrs::int2[]) AS k (number)
         JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = k.number
         WHERE p.partrelid = ANY ($1)",
        &[Param::Oids(&all)],
    )?;
    rows.iter().map(|row| row.owned(0)).collect()
}

fn has_foreign_partition(table: Oid) -> Result<bool> {
    for partition in partition_oids(table)? {
        if relation::class(partition)?.is_some_and(|class| class.kind == 'f') {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_losing_partition(table: Oid) -> Result<bool> {
    let mut all = partition_oids(table)?;
    all.push(table);
    for one in all {
        if relation::is_losing_partition(one)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Tables, each with its partitions of all levels.
pub fn with_partitions(tables: Vec<&Relation>) -> Result<Vec<Oid>> {
    let mut all = Vec::new();
    for table in tables {
        all.push(table.oid);
        if table.is_partitioned() {
            all.extend(partition_oids(table.oid)?);
        }
    }
    Ok(all)
}

/// The names of those of these relations that are there, in their order.
pub fn names(relations: &[Oid]) -> Result<Vec<FullName>> {
    let all = classes(relations)?;
    Ok(all.into_iter().map(|class| class.name).collect())
}

/// Those of these relations that belong to a role without the rights of `owner`; and that role.
pub fn of_others(relations: &[Oid], owner: Oid) -> Result<Vec<(FullName, Oid)>> {
    let mut others = Vec::new();
    for class in classes(relations)? {
        if !role::has_rights_of(class.owner, owner)? {
            others.push((class.name, class.owner));
        }
    }
    Ok(others)
}

/// A table and its partitions, of all levels, as far as a crash empties them.
pub fn unlogged(table: Oid) -> Result<Vec<FullName>> {
    let mut all = partition_oids(table)?;
    all.push(table);
    let all = classes(&all)?.into_iter();
    let unlogged = all.filter(|class| class.persistence == 'u');
    Ok(unlogged.map(|class| class.name).collect())
}

/// Those of these relations that are there, in the order of their names.
fn classes(relations: &[Oid]) -> Result<Vec<Class>> {
    let mut all = Vec::new();
    for oid in relations {
        all.extend(relation::class(*oid)?);
    }
    all.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(all)
}

/// The table that a partition is directly one of.
pub fn parent(partition: Oid) -> Result<Option<Oid>> {
    Ok(relation::ancestors(partition)?.first().copied())
}

/// Whether it is a partition, of whatever level, of one of these tables.
pub fn is_below(partition: Oid, tables: &[Oid]) -> Result<bool> {
    Ok(relation::ancestors(partition)?
        .iter()
        .any(|table| tables.contains(table)))
}

/// The table that a partition, of whatever level, belongs to; any other table itself.
pub fn root(table: Oid) -> Result<Oid> {
    Ok(relation::ancestors(table)?.last().copied().unwrap_or(table))
}
