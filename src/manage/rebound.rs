//! What a binding that is made anew changes: told, for nothing that is not said again is kept.

use crate::binding::present::{Trigger, TriggerFunction};
use crate::catalog;
use crate::catalog::shape::Shape;
use crate::pg::{name, session};
use crate::value::columns::{Columns, DirectWrites, Flush};
use crate::value::mapping::{FullName, Said};
use crate::value::names::{array, literal};
use crate::value::status::APPROVED;

/// Whether a trigger that stood there counted the same statuses.
pub fn counted_the_same(trigger: &Trigger, shape: &Shape) -> bool {
    let said = trigger.says();
    said.is_some_and(|said| {
        said.columns.status == shape.columns.status && said.columns.approved == shape.columns.approved
    })
}

/// Totals of the table whose columns are not there any more end with that: not in silence.
pub fn warn_of_gone(shape: &Shape, replaced: &[Trigger]) {
    let speaks = |trigger: &&Trigger| trigger.function == TriggerFunction::CaptureCampaign;
    for gone in replaced.iter().filter(speaks).filter_map(Trigger::total) {
        if gone.campaigns == shape.campaigns.name && gone.spent != shape.spent.name {
            let (table, column) = (shape.campaigns.display(), name::display_name(&gone.spent));
            session::warn(
                &format!("the total {table}.{column} is let go of: there is no such column any more"),
                "If the column has another name now, attach that as well: spend_sync_attach(spent => '...', ...).",
            );
        }
    }
}

/// A total that summed something else before: not in silence. Nor one that is bound otherwise for what was not said again.
pub fn tell_of_changes(shape: &Shape, replaced: &[Trigger]) {
    let (total, now) = (shape.total(), shape.said());
    let is_it = |said: &&Said| said.total() == now.total();
    let Some(before) = replaced.iter().filter_map(Trigger::says).find(is_it) else {
        return;
    };
    let [was, is] = [before, &now].map(source);
    if was != is {
        session::notice(format!("total {total} summed {was}; now it sums {is}"));
    }
    let (was, is) = (&before.columns, &now.columns);
    if (&was.status, &was.approved) != (&is.status, &is.approved) && is.approved == [APPROVED] {
        let [was_counting, counting] = [was, is].map(counting);
        session::warn(
            &format!("total {total} counted {was_counting}; now it counts {counting}"),
            &format!(
                "If that is not meant, say it again: spend_sync_attach({}, ...).",
                said_again(was)
            ),
        );
    }
    if was.flush != is.flush && is.flush == Flush::default() {
        session::notice(format!(
            "total {total} was brought up at commit; now it is at the statement"
        ));
    }
    if was.direct_writes != is.direct_writes && is.direct_writes == DirectWrites::Correct {
        session::notice(format!("total {total} rejected direct writes; now it corrects them"));
    }
}

/// Bytes of statuses that are more than anybody reads.
const LONG: usize = 200;

/// Which submissions count, for people.
fn counting(of: &Columns) -> String {
    match (&of.status, of.approved.join(", ")) {
        (Some(status), long) if long.len() > LONG => {
            format!("{} statuses of {}", of.approved.len(), name::display_name(status))
        }
        (Some(status), listed) => format!("{} in ({listed})", name::display_name(status)),
        (None, _) => "all submissions".to_owned(),
    }
}

/// The arguments that say so.
fn said_again(of: &Columns) -> String {
    let approved = match literal(&array(&of.approved)) {
        long if long.len() > LONG => "'{...}'".to_owned(),
        listed => listed,
    };
    match &of.status {
        Some(status) => format!("status => {}, approved => {approved}", literal(status)),
        None => "status => NULL".to_owned(),
    }
}

/// What a total sums, for people.
fn source(said: &Said) -> String {
    let table = |name: &FullName| catalog::display(name);
    let summed = said.clips.as_ref().unwrap_or(&said.submissions);
    let summed = match &said.columns.earnings {
        Some(earnings) => format!("{}.{}", table(summed), name::display_name(earnings)),
        None => format!("the count of {}", table(summed)),
    };
    match &said.clips {
        Some(_) => format!("{summed} by {}", table(&said.submissions)),
        None => summed,
    }
}
