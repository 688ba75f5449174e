//! One role owns all tables of a total. PostgreSQL's planner runs functions in index expressions and statistics of a table
//! that is read, as the role that reads: with two owners one could act as the other.

use crate::catalog;
use crate::catalog::Relation;
use crate::catalog::shape::{Shape, Tables};
use crate::errors::Result;
use crate::errors::table::TableError;
use crate::pg::{cache, kind, name, role};
use crate::value::mapping::FullName;
use pgrx::pg_sys::Oid;

/// Insists on it; and that the owners of partitions, and of the total's type, have the rights of that role anyway.
pub fn check(shape: &Shape) -> Result<()> {
    for domain in kind::domains(shape.spent.kind)? {
        cache::watch_type(kind::hash(domain.oid));
    }
    check_type(shape)?;
    check_tables(&shape.tables())
}

/// Insists that the owners of the domains that a total is of have these rights: to store it runs their CHECKs.
pub fn check_type(shape: &Shape) -> Result<()> {
    if !shape.spent.is_domain() {
        return Ok(());
    }
    let owner = &shape.campaigns;
    for domain in kind::domains(shape.spent.kind)? {
        if !role::has_rights_of(domain.owner, owner.owner)? {
            return Err(TableError::DomainOfOther {
                domain: kind::name(domain.oid)?,
                role: name::display_name(&role::name(domain.owner)?),
                owner: name::display_name(&owner.owner_name),
            }
            .into());
        }
    }
    Ok(())
}

/// The same of the tables alone.
pub fn check_tables(tables: &Tables) -> Result<()> {
    let campaigns = &tables.campaigns;
    let of_others = |table: &&Relation| table.owner != campaigns.owner;
    let others: Vec<&Relation> = tables.all().into_iter().filter(of_others).collect();
    if others.is_empty() {
        return check_partitions(tables);
    }
    let owner = name::display_name(&campaigns.owner_name);
    let belongs = |table: &&Relation| {
        let owner = name::display_name(&table.owner_name);
        format!("{} to {owner}", table.display())
    };
    let listed = others.iter().map(belongs).collect::<Vec<_>>().join(", ");
    Err(TableError::SeveralOwners {
        owners: format!("{} belongs to {owner}, {listed}", campaigns.display()),
        advice: advice(others.iter().map(|table| table.display()), &owner),
    }
    .into())
}

/// Insists that owners of partitions have the rights of the role that owns the total's tables.
pub fn check_partitions(tables: &Tables) -> Result<()> {
    let partitions = tables.partition_oids()?;
    cache::watch(&partitions); // their owners may change
    check_these(tables, &partitions)
}

/// Insists on it of these partitions.
pub fn check_these(tables: &Tables, partitions: &[Oid]) -> Result<()> {
    let campaigns = &tables.campaigns;
    let others = catalog::of_others(partitions, campaigns.owner)?;
    if others.is_empty() {
        return Ok(());
    }
    let owner = name::display_name(&campaigns.owner_name);
    let names = || others.iter().map(|(table, _)| catalog::display(table));
    let belongs = |(table, owner): &(FullName, Oid)| {
        let (table, owner) = (catalog::display(table), name::display_name(&role::name(*owner)?));
        Ok(format!("partition {table} belongs to {owner}"))
    };
    let belong = others.iter().map(belongs).collect::<Result<Vec<_>>>()?;
    Err(TableError::SeveralOwners {
        owners: format!("{}, which has not the rights of {owner}", belong.join(", ")),
        advice: advice(names(), &owner),
    }
    .into())
}

fn advice(tables: impl Iterator<Item = String>, owner: &str) -> String {
    let commands = tables.map(|table| format!("ALTER TABLE {table} OWNER TO {owner};"));
    commands.collect::<Vec<_>>().join(" ")
}
