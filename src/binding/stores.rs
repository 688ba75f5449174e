//! Storing totals by a statement. Those of one campaigns table that know its rows by one key share an update.

use super::{Binding, owners};
use crate::catalog::numbers;
use crate::errors::Result;
use crate::pg::snapshot::Sees;
use crate::pg::spi::Planned;
use crate::statements::Statement;
use crate::value::key::Key;
use crate::value::param::Param;
use crate::value::row::Row;

impl Binding {
    /// Whether an update of a row stores both.
    pub fn shares_rows_with(&self, other: &Self) -> bool {
        let known_by = |binding: &Self| (binding.oid(), numbers(&binding.shape.campaign_id));
        known_by(self) == known_by(other)
    }

    /// Whether the same columns tell which campaigns a write is of.
    pub fn links_as(&self, other: &Self) -> bool {
        let links = |binding: &Self| {
            let shape = &binding.shape;
            let clips = shape.clips.as_ref();
            let clips = clips.map(|clips| (clips.table.oid, numbers(&clips.id), numbers(&clips.link)));
            (shape.submissions.oid, numbers(&shape.submission_campaign), clips)
        };
        links(self) == links(other)
    }

    /// Stores this total and others: of each the amounts as text, one for each key; an empty one stays as it is.
    pub fn store(&self, others: &[&Self], keys: &[Key], totals: &[Vec<String>]) -> Result<Vec<Row>> {
        let kind = self.shape.campaign_key;
        let planned = self.planning.writing(keys.len());
        if let ([key], [totals]) = (keys, totals)
            && let [total] = totals.as_slice()
        {
            let values = [Param::Key(kind, key), Param::Text(total)];
            return self.write(Statement::StoreOne, &[], planned, &values);
        }
        let mut values = vec![Param::Keys(kind, keys)];
        values.extend(totals.iter().map(|totals| Param::Texts(totals)));
        self.write(Statement::Store, others, planned, &values)
    }

    /// Moves a campaign's totals, this one and others, each by its difference, if the columns can hold them.
    pub fn move_one(&self, others: &[&Self], campaign: &Key, differences: &[String]) -> Result<()> {
        let mut values = vec![Param::Key(self.shape.campaign_key, campaign)];
        values.extend(differences.iter().map(|difference| Param::Text(difference)));
        let planned = self.planning.writing(1);
        self.write(Statement::Move, others, planned, &values).map(drop)
    }

    /// Runs what fires triggers of the user's: as the owner of the campaigns table too, so not with names from the search path
    /// of a writer who has not the owner's rights.
    fn write(&self, statement: Statement, others: &[&Self], planned: Planned, values: &[Param]) -> Result<Vec<Row>> {
        // They may have been given away while we waited for a campaign.
        owners::check_type(&self.shape)?;
        others.iter().try_for_each(|other| owners::check_type(&other.shape))?;
        self.with_names_set_once(|| {
            self.run_in_place(self.as_owner(), (statement, others), planned, values, Sees::Latest)
        })
    }
}
