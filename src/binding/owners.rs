//! One role owns all tables of a total. PostgreSQL's planner runs functions in index expressions and statistics of a table
//! that is read, as the role that reads: with two owners one could act as the other.

use crate::catalog;
use crate::catalog::Relation;
use crate::catalog::shape::Tables;
use crate::errors::Result;
use crate::errors::table::TableError;
use crate::pg::{cache, name};

/// Insists on it; and that the owners of partitions have the rights of that role anyway.
pub fn check(tables: &Tables) -> Result<()> {
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
    let campaigns = &tables.campaigns;
    let mut others = Vec::new();
    for table in tables.all() {
        if table.is_partitioned() {
            cache::watch(&catalog::partition_oids(table.oid)?); // their owners may change
            others.extend(catalog::partitions_of_others(table.oid, campaigns.owner)?);
        }
    }
    if others.is_empty() {
        return Ok(());
    }
    let owner = name::display_name(&campaigns.owner_name);
    let names = || others.iter().map(|(table, _)| catalog::display(table));
    let belongs = |(table, owner): &(_, String)| {
        let owner = name::display_name(owner);
        format!("partition {} belongs to {owner}", catalog::display(table))
    };
    Err(TableError::SeveralOwners {
        owners: format!(
            "{}, which has not the rights of {owner}",
            others.iter().map(belongs).collect::<Vec<_>>().join(", ")
        ),
        advice: advice(names(), &owner),
    }
    .into())
}

fn advice(tables: impl Iterator<Item = String>, owner: &str) -> String {
    let commands = tables.map(|table| format!("ALTER TABLE {table} OWNER TO {owner};"));
    commands.collect::<Vec<_>>().join(" ")
}
