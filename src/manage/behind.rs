//! Why a total is what it is: the rows behind it. Read only.

use crate::binding::Binding;
use crate::errors::Result;
use crate::manage::preview;
use crate::pg::snapshot::Sees;
use crate::statements::behind::{self, row};
use crate::value::key::Key;
use crate::value::param::Param;
use crate::value::row::Row;
use crate::{binding, catalog};

/// A row a submission of a campaign, in the columns of [`row`], as the calling query sees the tables; `None`: there is no such campaign.
pub fn rows(binding: &Binding, key: &Key) -> Result<Option<Vec<Row>>> {
    preview::may_preview(binding)?;
    let shape = &binding.shape;
    let sql = behind::behind(&binding.names, &catalog::primary_key(shape.submissions.oid)?);
    let mut rows = binding::look(shape, &sql, &[Param::Key(shape.campaign_key, key)], Sees::Caller)?;
    if rows.is_empty() {
        return Ok(None);
    }
    rows.retain(|row| row.is_true(row::IS_SUBMISSION));
    Ok(Some(rows))
}
