//! Which plans a binding's statements run with.

use crate::catalog;
use crate::catalog::shape::Shape;
use crate::catalog::{Column, Relation};
use crate::errors::Result;
use crate::pg::spi::Planned;

/// Up to here keys count as few: a statement over them walks indexes with a plan made once.
pub const FEW_KEYS: usize = 64;

/// From here on the partitions of a table are many.
const MANY_PARTITIONS: usize = 16;

/// Whether tables have many partitions, by their own key. A plan made once for any key locks all of them, at each run; one that is made
/// for the key at hand locks the partition that it finds.
#[derive(Clone, Copy)]
pub struct Planning {
    of_any: bool,
    of_campaigns: bool,
}

impl Planning {
    pub fn of(shape: &Shape) -> Result<Self> {
        let of_campaigns = has_many_partitions(&shape.campaigns, &shape.campaign_id)?;
        let of_clips = match &shape.clips {
            Some(clips) => {
                has_many_partitions(&clips.table, &clips.id)? || has_many_partitions(&shape.submissions, &clips.link)?
            }
            None => false,
        };
        Ok(Self {
            of_campaigns,
            of_any: of_campaigns || of_clips,
        })
    }

    /// For reading so many keys.
    pub fn reading(self, keys: usize) -> Planned {
        if keys <= FEW_KEYS {
            self.by_index()
        } else {
            Planned::EachTime
        }
    }

    /// For reading by index, however many the keys are.
    pub fn by_index(self) -> Planned {
        if self.of_any {
            Planned::EachTimeByIndex
        } else {
            Planned::Once
        }
    }

    /// For writing so many campaigns.
    pub fn writing(self, keys: usize) -> Planned {
        if keys <= FEW_KEYS && !self.of_campaigns {
            Planned::OnceAhead
        } else {
            Planned::EachTime
        }
    }
}

fn has_many_partitions(table: &Relation, key: &[Column]) -> Result<bool> {
    if !table.is_partitioned() || catalog::partition_oids(table.oid)?.len() < MANY_PARTITIONS {
        return Ok(false);
    }
    let by = catalog::partitioned_by(table.oid)?;
    Ok(key.iter().any(|column| by.contains(&column.number)))
}
