//! The preview: what is recorded, what should be. Read only.

use crate::binding::Binding;
use crate::catalog;
use crate::errors::call::CallError;
use crate::errors::{Error, Result};
use crate::pg::snapshot::Sees;
use crate::pg::{name, role, session, spi};
use crate::statements::summed;
use crate::value::money;
use crate::value::param::Param;
use crate::value::row::Row;
use serde::Serialize;
use serde_json::{Number, Value as Json};
use std::rc::Rc;

/// A row a campaign, as the calling query sees the tables.
pub fn status(binding: &Binding) -> Result<Vec<Row>> {
    may_preview(binding)?;
    session::distrusting(|| binding.preview(Sees::Caller))
}

/// Totals are summed as the owner of the campaigns table. Who is not, must be able to see all that goes into them.
pub fn may_preview(binding: &Binding) -> Result<()> {
    let shape = &binding.shape;
    let role = || role::name(session::current_role()).map(|name| name::display_name(&name));
    let campaigns = catalog::relation(shape.campaigns.oid)?;
    if campaigns.is_some_and(|table| table.is_ours) {
        return Ok(());
    }
    let clips = shape.clips.iter().map(|clips| &clips.table);
    for table in [&shape.campaigns, &shape.submissions].into_iter().chain(clips) {
        if let Some(right) = catalog::missing_right(table.oid, false)? {
            let role = role()?;
            let advice = format!("GRANT {right} TO {role};");
            return Err(CallError::MayNotPreview {
                problem: format!("It lacks {right}"),
                role,
                advice,
            }
            .into());
        }
        if catalog::hides_rows(table.oid)? {
            return Err(CallError::MayNotPreview {
                role: role()?,
                problem: format!("Row-level security hides rows of {} from it", table.display()),
                advice: "Ask as the owner of the campaigns table, or as a role with BYPASSRLS.".to_owned(),
            }
            .into());
        }
    }
    Ok(())
}

/// The preview as one document. Field names are the application's.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    campaigns: Vec<Campaign>,
    summary: Summary,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Campaign {
    id: String,
    title: Option<String>,
    /// In the currency units of the spent column; null where the column is NULL.
    recorded_spent: Json,
    actual_spent: Json,
    difference: Json,
    needs_sync: bool,
    approved_clips: u64,
    /// The total: its table and its column.
    total: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    total: usize,
    needs_sync: usize,
    in_sync: usize,
    total_difference: Json,
}

/// The preview of these totals as JSON, amounts as exact numbers.
pub fn report(totals: &[Rc<Binding>]) -> Result<Json> {
    let (mut rows, mut campaigns) = (Vec::new(), Vec::new());
    for binding in totals {
        let of_it = status(binding)?;
        for row in &of_it {
            campaigns.push(campaign(binding, row)?);
        }
        rows.extend(of_it);
    }
    let needs_sync = rows.iter().filter(|row| row.is_true(summed::NEEDS_SYNC)).count();
    let report = Report {
        summary: Summary {
            total: rows.len(),
            needs_sync,
            in_sync: rows.len() - needs_sync,
            total_difference: amount(Some(&total_difference(&rows)?)),
        },
        campaigns,
    };
    serde_json::to_value(report).map_err(|error| Error::internal(error.to_string()))
}

fn campaign(binding: &Binding, row: &Row) -> Result<Campaign> {
    Ok(Campaign {
        id: row.owned(summed::ID)?,
        title: row.get(summed::TITLE).map(str::to_owned),
        recorded_spent: amount(row.get(summed::RECORDED)),
        actual_spent: amount(row.get(summed::ACTUAL)),
        difference: amount(row.get(summed::DIFFERENCE)),
        needs_sync: row.is_true(summed::NEEDS_SYNC),
        approved_clips: row.number(summed::CLIPS)?,
        total: binding.total(),
    })
}

/// An amount as a JSON number with all its digits; NaN and the infinities, which JSON has no numbers for, as text.
fn amount(text: Option<&str>) -> Json {
    match text {
        None => Json::Null,
        Some(text) => text
            .parse::<Number>()
            .map_or_else(|_| Json::String(text.to_owned()), Json::Number),
    }
}

/// The sum of the differences, exact: in Rust where it fits, else by PostgreSQL.
pub fn total_difference(rows: &[Row]) -> Result<String> {
    let texts = rows
        .iter()
        .map(|row| row.owned(summed::DIFFERENCE))
        .collect::<Result<Vec<_>>>()?;
    let terms: Option<Vec<_>> = texts.iter().map(|text| money::parse(text)).collect();
    if let Some(sum) = terms.and_then(money::exact_sum) {
        return Ok(sum.to_string());
    }
    let sql = "SELECT pg_catalog.sum(t::numeric) FROM pg_catalog.unnest($1) AS t";
    let rows = spi::query(sql, &[Param::Texts(&texts)], Sees::Latest)?;
    let row = rows.first().ok_or_else(|| Error::internal("a sum without a row"))?;
    row.owned(0)
}

#[cfg(test)]
mod tests {
    use super::amount;

    #[test]
    fn amounts_keep_their_digits() {
        for text in [
            "1470.39",
            "-0.10",
            "12345678901234567890123456789012345678.90",
            "0",
            "1.00",
        ] {
            assert_eq!(amount(Some(text)).to_string(), text);
        }
        assert_eq!(amount(Some("NaN")).to_string(), "\"NaN\"");
        assert_eq!(amount(None).to_string(), "null");
    }
}
