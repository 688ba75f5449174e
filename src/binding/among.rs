//! Which relations have triggers of ours, among those that a command concerns: what an event trigger asks first. It is answered
//! by what PostgreSQL finds by index, however many bindings there are.

use crate::binding::present;
use crate::catalog::{self, read_often};
use crate::errors::Result;
use crate::pg::relation;
use crate::value::param::Param;
use pgrx::pg_sys::Oid;
use std::collections::BTreeSet;

fn oids(sql: &'static str, values: &[Param]) -> Result<Vec<Oid>> {
    read_often(sql, values)?.iter().map(|row| row.oid(0)).collect()
}

/// Of the rows of a query those whose relation has a trigger of ours. LIMIT keeps the planner from reading all triggers there are.
macro_rules! ours {
    ($query:literal, $relation:literal) => {
        concat!(
            $query,
            " CROSS JOIN LATERAL (
                 SELECT FROM pg_trigger t
                 JOIN pg_proc p ON p.oid = t.tgfoid
                 JOIN pg_namespace n ON n.oid = p.pronamespace AND n.nspname = 'spend_sync'
                 WHERE t.tgrelid = ",
            $relation,
            " LIMIT 1) AS ours"
        )
    };
}

/// Those among these relations, and among the tables that they are partitions of.
pub fn these(relations: &[Oid]) -> Result<Vec<Oid>> {
    let mut all = Vec::new();
    for relation in relations {
        for one in [*relation, catalog::root(*relation)?] {
            if !all.contains(&one) && present::is_on(one)? {
                all.push(one);
            }
        }
    }
    Ok(all)
}

/// Those in a schema.
pub fn in_schema(name: &str) -> Result<Vec<Oid>> {
    oids(
        ours!(
            "SELECT DISTINCT d.objid
             FROM pg_namespace schema
             JOIN pg_depend d ON schema.nspname = $1 AND d.refclassid = 'pg_namespace'::regclass AND d.refobjid = schema.oid
              AND d.classid = 'pg_class'::regclass",
            "d.objid"
        ),
        &[Param::Text(name)],
    )
}

/// Those with a column of a type, or of a domain over it.
pub fn with_type(kind: Oid) -> Result<Vec<Oid>> {
    oids(
        ours!(
            "WITH RECURSIVE kind (oid) AS (
                 SELECT $1
                 UNION
                 SELECT d.objid FROM kind
                 JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = kind.oid AND d.classid = 'pg_type'::regclass)
             SELECT DISTINCT d.objid
             FROM kind
             JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = kind.oid AND d.classid = 'pg_class'::regclass",
            "d.objid"
        ),
        &[Param::Oid(kind)],
    )
}

/// A partitioned table with triggers of ours, and its own partitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parted {
    pub table: Oid,
    partitions: BTreeSet<u32>,
}

impl Parted {
    /// The same once a partition of it has gone.
    pub fn without(mut self, partition: Oid) -> Self {
        self.partitions.remove(&partition.to_u32());
        self
    }
}

/// The partitioned tables with triggers of ours, of all levels.
pub fn parted() -> Result<Vec<Parted>> {
    let mut all = Vec::new();
    for table in relation::partitioned()? {
        if present::is_on(table)? {
            let partitions = relation::children(table)?.into_iter().map(Oid::to_u32).collect();
            all.push(Parted { table, partitions });
        }
    }
    Ok(all)
}

/// The tables that the running command has altered.
pub fn altered() -> Result<Vec<Oid>> {
    oids(
        "SELECT DISTINCT c.oid FROM pg_event_trigger_ddl_commands() done
         JOIN pg_class c ON done.classid = 'pg_class'::regclass AND c.oid = done.objid
         WHERE c.relkind IN ('r', 'p', 'f')",
        &[],
    )
}

/// The tables that one inherits from, by no partition.
pub fn parents_of(table: Oid) -> Result<Vec<Oid>> {
    oids(
        "SELECT i.inhparent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition WHERE i.inhrelid = $1",
        &[Param::Oid(table)],
    )
}

/// Those of these tables that others inherit from, by no partition.
pub fn inherited(tables: &[Oid]) -> Result<Vec<Oid>> {
    oids(
        "SELECT DISTINCT i.inhparent FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid AND NOT c.relispartition
         WHERE i.inhparent = ANY ($1)",
        &[Param::Oids(tables)],
    )
}

/// Of the tables that the running command has made, of any kind.
macro_rules! of_new {
    ($what:literal, $are_partitions:literal) => {
        concat!(
            "SELECT DISTINCT ",
            $what,
            " FROM pg_event_trigger_ddl_commands() made
             JOIN pg_class c ON c.oid = made.objid AND ",
            $are_partitions,
            " c.relispartition
             JOIN pg_inherits i ON i.inhrelid = c.oid
             WHERE made.classid = 'pg_class'::regclass AND c.relkind IN ('r', 'p', 'f')"
        )
    };
}

/// The partitions that the running command has made, each after its parent.
pub fn new_partitions() -> Result<Vec<(Oid, Oid)>> {
    let rows = read_often(of_new!("i.inhparent, i.inhrelid", ""), &[])?;
    rows.iter().map(|row| Ok((row.oid(0)?, row.oid(1)?))).collect()
}

/// The tables that tables which the running command has made inherit from, by no partition.
pub fn parents_of_new_tables() -> Result<Vec<Oid>> {
    oids(of_new!("i.inhparent", "NOT"), &[])
}
