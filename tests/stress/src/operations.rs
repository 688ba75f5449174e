//! What a random transaction is made of. An operation is SQL text, made from dice alone; it names keys that may or may
//! not exist, so that it needs to read nothing first.
//!
//! TRUNCATE is not MVCC-safe: a snapshot taken before it sees an empty table after it. So the checker locks all tables
//! before it takes its snapshot.

use crate::dice::Dice;
use crate::schema::{self, Schema, Shape};
use crate::{
    account_operations, campaign_operations, clip_operations, direct_operations, mixed_operations, orphan_operations,
    session_operations, submission_operations,
};

/// SQLSTATEs an operation may provoke besides 40001 and 40P01.
pub const NOTHING: &[&str] = &[];
pub const DUPLICATE_KEY: &[&str] = &["23505"];
pub const MISSING_PARENT: &[&str] = &["23503"];
pub const KEY_OR_PARENT: &[&str] = &["23505", "23503"];
pub const IN_USE_OR_PARENT: &[&str] = &["55006", "23503"];
pub const NO_SUCH_CAMPAIGN: &[&str] = &["P0002"];

/// Where an operation makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    /// Partitions, and no foreign key.
    LooseTables,
    /// The sync functions.
    Extension,
    /// The same, and a second total.
    SecondTotal,
    /// No rule on campaigns: it forbids ON CONFLICT, MERGE and WITH.
    NoRule,
    Shape(Shape),
}

type Build = fn(&mut Dice, &Schema) -> String;

/// One kind of operation: its name, how often it comes up, and what it may provoke.
pub struct Kind {
    pub name: &'static str,
    /// How often, against the sum of all weights.
    pub weight: u32,
    pub needs: Needs,
    pub provokes: &'static [&'static str],
    pub sql: Build,
}

impl Kind {
    pub const fn anywhere(name: &'static str, weight: u32, provokes: &'static [&'static str], sql: Build) -> Kind {
        Kind {
            name,
            weight,
            needs: Needs::Nothing,
            provokes,
            sql,
        }
    }

    pub const fn of(
        needs: Needs,
        name: &'static str,
        weight: u32,
        provokes: &'static [&'static str],
        sql: Build,
    ) -> Kind {
        Kind {
            name,
            weight,
            needs,
            provokes,
            sql,
        }
    }

    pub const fn loose(name: &'static str, weight: u32, provokes: &'static [&'static str], sql: Build) -> Kind {
        Kind {
            name,
            weight,
            needs: Needs::LooseTables,
            provokes,
            sql,
        }
    }

    pub const fn extension(name: &'static str, weight: u32, provokes: &'static [&'static str], sql: Build) -> Kind {
        Kind {
            name,
            weight,
            needs: Needs::Extension,
            provokes,
            sql,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Operation {
    /// Its place among the kinds.
    pub kind: usize,
    pub schema: &'static Schema,
    pub sql: String,
}

/// All kinds of operations that can be done on the given schemas.
pub struct Repertoire {
    pub kinds: Vec<&'static Kind>,
    extension: bool,
}

impl Repertoire {
    pub fn new(schemas: &[&'static Schema], extension: bool) -> Repertoire {
        let families = [
            clip_operations::KINDS,
            submission_operations::KINDS,
            mixed_operations::KINDS,
            campaign_operations::KINDS,
            account_operations::KINDS,
            direct_operations::KINDS,
            orphan_operations::KINDS,
            session_operations::KINDS,
        ];
        let possible = |kind: &&Kind| schemas.iter().any(|schema| fits(kind, schema, extension));
        Repertoire {
            kinds: families.into_iter().flatten().filter(possible).collect(),
            extension,
        }
    }

    /// An operation of the kind of this name.
    pub fn named(&self, name: &str, dice: &mut Dice, schema: &'static Schema) -> Option<Operation> {
        let kind = self.kinds.iter().position(|kind| kind.name == name)?;
        Some(Operation {
            kind,
            schema,
            sql: (self.kinds[kind].sql)(dice, schema),
        })
    }

    /// A random operation on a schema, by weight.
    pub fn choose(&self, dice: &mut Dice, schema: &'static Schema) -> Operation {
        let weight = |kind: &Kind| {
            if fits(kind, schema, self.extension) {
                kind.weight
            } else {
                0
            }
        };
        let mut left = dice.below(self.kinds.iter().map(|kind| weight(kind)).sum());
        for (place, kind) in self.kinds.iter().enumerate() {
            if left < weight(kind) {
                return Operation {
                    kind: place,
                    schema,
                    sql: (kind.sql)(dice, schema),
                };
            }
            left -= weight(kind);
        }
        unreachable!("the dice are thrown below the sum of the weights")
    }
}

fn fits(kind: &Kind, schema: &Schema, extension: bool) -> bool {
    match kind.needs {
        Needs::Nothing => true,
        Needs::LooseTables => schema.is_loose(),
        Needs::Extension => extension,
        Needs::SecondTotal => extension && schema.has_accounts(),
        Needs::NoRule => schema.shape != Shape::Meddled,
        Needs::Shape(shape) => schema.shape == shape,
    }
}

// The parts of statements that the families share.

/// A campaign's key, quoted; the first two come up most, so that transactions meet.
pub fn campaign(dice: &mut Dice) -> String {
    let number = if dice.chance(40) {
        dice.below(2)
    } else {
        dice.below(schema::CAMPAIGN_KEYS)
    };
    format!("'{}'", schema::campaign_key(number))
}

pub fn clip(dice: &mut Dice) -> String {
    format!("'{}'", schema::clip_key(dice.below(schema::CLIP_KEYS)))
}

/// A clip's key with the partition that holds it.
pub fn clip_and_partition(dice: &mut Dice, schema: &Schema) -> (String, &'static str) {
    let number = dice.below(schema::CLIP_KEYS);
    (format!("'{}'", schema::clip_key(number)), schema.clip_partition(number))
}

pub fn submission(dice: &mut Dice) -> String {
    format!("'{}'", schema::submission_key(dice.below(schema::SUBMISSION_KEYS)))
}

/// A status; half of them approved.
pub fn status(dice: &mut Dice) -> String {
    format!(
        "'{}'",
        if dice.chance(35) {
            "APPROVED"
        } else {
            dice.pick(&schema::STATUSES)
        }
    )
}

/// Three different clip keys, quoted, in no order: what a batch job locks in its own order.
pub fn three_clips(dice: &mut Dice) -> [String; 3] {
    let (first, step) = (dice.below(schema::CLIP_KEYS), 1 + dice.below(schema::CLIP_KEYS / 3));
    [0, 1, 2].map(|index| format!("'{}'", schema::clip_key((first + index * step) % schema::CLIP_KEYS)))
}

/// Most inserts step aside for a row that exists; the others fail, and take their transaction or savepoint with them.
pub fn on_conflict(dice: &mut Dice) -> &'static str {
    if dice.chance(80) { "ON CONFLICT DO NOTHING" } else { "" }
}

/// Most changes that would double a key are left undone for the same reason; here as a condition, where the statement
/// knows no ON CONFLICT (an UPDATE) or where it would not help: the key of the loose submissions contains the status,
/// and ids that stand in both partitions fail at every decision.
pub fn unless_exists(dice: &mut Dice, schema: &Schema, table: &str, key: &str) -> String {
    let may_double = !(schema.is_loose() && table == "clip_submissions");
    if may_double && dice.chance(20) {
        return "true".to_owned();
    }
    format!("NOT EXISTS (SELECT FROM {}.{table} WHERE id = {key})", schema.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Needs, Repertoire};
    use crate::arguments::SchemaChoice;
    use crate::dice::Dice;
    use crate::schema::{self, KEYED, LOOSE};

    #[test]
    fn every_kind_comes_up_and_none_where_it_does_not_fit() {
        let schemas = schema::chosen(SchemaChoice::All);
        let repertoire = Repertoire::new(&schemas, true);
        let mut dice = Dice::new(1, 1);
        let mut seen = BTreeSet::new();
        for _ in 0..5000 {
            let keyed = repertoire.choose(&mut dice, &KEYED);
            assert_ne!(repertoire.kinds[keyed.kind].needs, Needs::LooseTables);
            for schema in &schemas {
                seen.insert(repertoire.choose(&mut dice, schema).kind);
            }
        }
        assert_eq!(seen.len(), repertoire.kinds.len());
    }

    #[test]
    fn names_are_unique_and_nothing_needs_the_extension_without_it() {
        let repertoire = Repertoire::new(&[&KEYED, &LOOSE], false);
        let names: BTreeSet<_> = repertoire.kinds.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), repertoire.kinds.len());
        assert!(repertoire.kinds.iter().all(|kind| kind.needs != Needs::Extension));
    }
}
