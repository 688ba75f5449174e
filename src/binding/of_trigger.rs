//! The binding that a firing trigger serves, and where in its rows the columns stand.

use crate::binding::present::{Trigger, TriggerFunction};
use crate::binding::{Binding, broken, present, resolve};
use crate::catalog::Column;
use crate::catalog::shape::Shape;
use crate::errors::{Error, Result};
use crate::pg::cache::Cached;
use crate::pg::datum::{Approved, KeyAttribute, KeyAttributes, StatusAttribute};
use crate::pg::{cache, name};
use crate::value::mapping::Said;
use crate::value::money::MoneyType;
use crate::value::status::StatusType;
use crate::{binding, catalog};
use pgrx::pg_sys::Oid;
use std::mem::ManuallyDrop;
use std::rc::Rc;

/// What a trigger on one relation needs: its binding and where in its rows the columns stand.
pub struct TriggerBinding {
    pub binding: Rc<Binding>,
    pub at: Attributes,
    /// The relation is one of the binding's tables, or a partition of one.
    pub is_of_it: bool,
}

/// The columns that a trigger reads, numbered as in its own relation (a partition may number them otherwise).
pub enum Attributes {
    Clip {
        id: KeyAttributes,
        /// `None`: each clip adds one.
        earnings: Option<(i16, MoneyType)>,
    },
    Submission {
        campaign: KeyAttributes,
        adds: Adds,
        status_column: i16,
        /// `None` where it takes PostgreSQL to tell which statuses count.
        status: Option<StatusAttribute>,
    },
    Campaign {
        id: KeyAttributes,
        spent: i16,
        spent_type: MoneyType,
    },
    /// A statement trigger has no row.
    None,
}

/// What a submission that counts adds.
pub enum Adds {
    /// What the clip that it names earned.
    Clip(KeyAttributes),
    /// An amount of its own.
    Amount(i16, MoneyType),
    One,
}

impl Adds {
    /// The columns that say it.
    pub fn columns(&self) -> impl Iterator<Item = i16> {
        let (clip, amount) = match self {
            Self::Clip(clip) => (Some(clip), None),
            Self::Amount(column, _) => (None, Some(*column)),
            Self::One => (None, None),
        };
        clip.into_iter().flat_map(KeyAttributes::numbers).chain(amount)
    }
}

thread_local! {
    static BINDINGS: ManuallyDrop<Cached<Oid, TriggerBinding>> = ManuallyDrop::default();
}

/// The binding that a trigger serves.
pub fn binding_of(trigger_oid: Oid) -> Result<Rc<TriggerBinding>> {
    let found = BINDINGS.with(|bindings| bindings.get_or_load(trigger_oid, || load_trigger(trigger_oid).map(Some)))?;
    found.ok_or_else(|| Error::internal("a trigger without a binding"))
}

fn load_trigger(trigger_oid: Oid) -> Result<Rc<TriggerBinding>> {
    let (relation, trigger) =
        present::root_trigger(trigger_oid)?.ok_or_else(|| Error::internal("a trigger that is in no catalog"))?;
    cache::watch(&[relation, trigger.relation]);
    let binding = named_by(&trigger)?;
    check_place(&trigger, &binding.shape)?;
    check_is_only_one(&trigger)?;
    let tables = binding.shape.tables().oids();
    let is_partition = !tables.contains(&relation);
    let of_partition = is_partition.then(|| catalog::columns(relation)).transpose()?;
    let at = attributes(&trigger, &binding.shape, of_partition.as_deref())?;
    let is_of_it = !is_partition || tables.contains(&catalog::root(relation)?);
    Ok(Rc::new(TriggerBinding { binding, at, is_of_it }))
}

/// The binding that a trigger's mapping names. Anybody may create a trigger that calls our functions, with any mapping. What it names is
/// written as the owner of the campaigns table, so it counts only if the campaigns table's own triggers say the same.
fn named_by(trigger: &Trigger) -> Result<Rc<Binding>> {
    let failed = match binding_said(trigger) {
        Ok(Some(binding)) => return Ok(binding),
        Ok(None) => None,
        Err(Error::Ours(error)) => Some(error),
        Err(error) => return Err(error), // nothing may follow one of PostgreSQL's
    };
    // What is wrong with the trigger itself comes before what is wrong with the binding.
    let (tables, _) = resolve(trigger)?;
    if let Some(error) = failed {
        return Err(Error::Ours(error));
    }
    binding::id_in(trigger)?;
    let campaigns = tables.campaigns.display();
    Err(broken(
        trigger,
        format!("The triggers of the campaigns table {campaigns} do not say the same"),
    ))
}

fn binding_said(trigger: &Trigger) -> Result<Option<Rc<Binding>>> {
    let Some(said) = trigger.says() else {
        return Ok(None);
    };
    let Some(id) = binding::id_of(&said.total())? else {
        return Ok(None);
    };
    Ok(binding::of(id)?.filter(|binding| is_said(said, &binding.shape)))
}

fn is_said(said: &Said, shape: &Shape) -> bool {
    let clips = shape.clips.as_ref().map(|clips| &clips.table.name);
    said.campaigns == shape.campaigns.name
        && said.clips.as_ref() == clips
        && said.submissions == shape.submissions.name
        && said.columns == shape.columns
}

/// A renamed table leaves its triggers behind under the new name, while the mapping names another one.
fn check_place(trigger: &Trigger, shape: &Shape) -> Result<()> {
    let (role, expected) = match trigger.function {
        TriggerFunction::CaptureClip => match &shape.clips {
            Some(clips) => ("clips", &clips.table),
            None => return Err(broken(trigger, "Its mapping names no clips table".to_owned())),
        },
        TriggerFunction::CaptureSubmission => ("submissions", &shape.submissions),
        TriggerFunction::CaptureCampaign | TriggerFunction::KeepTotal => ("campaigns", &shape.campaigns),
        TriggerFunction::Begin | TriggerFunction::Flush | TriggerFunction::FlushAtCommit => return Ok(()),
    };
    if expected.oid == trigger.relation {
        return Ok(());
    }
    Err(broken(
        trigger,
        format!("Its mapping names {} as the {role} table", expected.display()),
    ))
}

/// Two that note the same write would move a total twice.
fn check_is_only_one(trigger: &Trigger) -> Result<()> {
    if !trigger.function.counts() {
        return Ok(());
    }
    let all = present::triggers_on(trigger.relation)?;
    match all.iter().find(|other| trigger.repeats(other)) {
        None => Ok(()),
        Some(other) => {
            let name = name::display_name(&other.name);
            Err(broken(trigger, format!("Trigger {name} notes the same writes")))
        }
    }
}

/// `of_partition`: the columns of the trigger's own relation, where that is a partition.
fn attributes(trigger: &Trigger, shape: &Shape, of_partition: Option<&[Column]>) -> Result<Attributes> {
    fn find<'a>(wanted: &'a Column, of_partition: Option<&'a [Column]>) -> Result<&'a Column> {
        let Some(columns) = of_partition else {
            return Ok(wanted);
        };
        let found = columns.iter().find(|column| column.name == wanted.name);
        found.ok_or_else(|| Error::internal("a partition without a column"))
    }
    let part = |wanted: &Column| -> Result<KeyAttribute> {
        let column = find(wanted, of_partition)?;
        let kind = column
            .key_type()
            .ok_or_else(|| Error::internal("a key column of no key type"))?;
        Ok(KeyAttribute {
            number: column.number,
            kind,
        })
    };
    let key = |wanted: &[Column]| -> Result<KeyAttributes> {
        let parts = wanted.iter().map(part).collect::<Result<_>>();
        parts.map(KeyAttributes)
    };
    let earnings = || -> Result<Option<(i16, MoneyType)>> {
        let Some(earnings) = &shape.earnings else {
            return Ok(None);
        };
        Ok(Some((find(earnings, of_partition)?.number, shape.earnings_money)))
    };
    Ok(match trigger.function {
        TriggerFunction::CaptureClip => Attributes::Clip {
            id: key(&shape.linked()?.id)?,
            earnings: earnings()?,
        },
        TriggerFunction::CaptureSubmission => {
            let column = find(shape.counting_column()?, of_partition)?;
            Attributes::Submission {
                campaign: key(&shape.submission_campaign)?,
                adds: match &shape.clips {
                    Some(clips) => Adds::Clip(key(&clips.link)?),
                    None => earnings()?.map_or(Adds::One, |(column, kind)| Adds::Amount(column, kind)),
                },
                status_column: column.number,
                status: status(shape, column)?,
            }
        }
        TriggerFunction::CaptureCampaign | TriggerFunction::KeepTotal => Attributes::Campaign {
            id: key(&shape.campaign_id)?,
            spent: find(&shape.spent, of_partition)?.number,
            spent_type: shape.spent_money,
        },
        TriggerFunction::Begin | TriggerFunction::Flush | TriggerFunction::FlushAtCommit => Attributes::None,
    })
}

/// What counts, as rows hold it. A collation may call another text equal to an approved one, and a numeric may have other decimals: bytes
/// cannot tell then.
pub fn status(shape: &Shape, column: &Column) -> Result<Option<StatusAttribute>> {
    let wanted = &shape.columns.approved;
    if shape.status.is_none() {
        return Ok(Some(StatusAttribute {
            number: column.number,
            approved: Approved::All,
        }));
    }
    let approved = match column.status_type() {
        Some(StatusType::Enum) => Approved::Labels(catalog::label_oids(column.base_type, wanted)?),
        Some(StatusType::Boolean) => Approved::Booleans(wanted.iter().map(|value| value == "true").collect()),
        Some(StatusType::Int(kind)) => {
            Approved::Ints(kind, wanted.iter().filter_map(|value| kind.parse(value)).collect())
        }
        Some(StatusType::Text) if column.has_deterministic_collation => Approved::Texts(wanted.clone()),
        Some(StatusType::Char) if column.has_deterministic_collation => Approved::Padded(wanted.clone()),
        _ => return Ok(None),
    };
    Ok(Some(StatusAttribute {
        number: column.number,
        approved,
    }))
}
