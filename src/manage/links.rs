//! Which columns of submissions point to a campaign, or a clip.

use crate::catalog::{Column, ForeignKey, Relation, Unique};
use crate::errors::column::ColumnError;
use crate::errors::{Error, Result};
use crate::pg::name;
use crate::value::columns::KeyColumns;

/// What links are looked for in.
pub struct Sought<'a> {
    pub submissions: &'a Relation,
    pub columns: &'a [Column],
    /// The keys of submissions.
    pub own_keys: &'a [Vec<String>],
    pub foreign_keys: &'a [ForeignKey],
}

/// What one points to: campaigns, or clips.
pub struct Target<'a> {
    /// The arguments of attach that are its key, and the link to it.
    pub key: &'static str,
    pub link: &'static str,
    /// What most call the table, in the singular.
    pub usual: &'static str,
    /// How its key is to be unique.
    pub unique: Unique,
    pub table: &'a Relation,
    pub columns: &'a [Column],
}

impl Target<'_> {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The error that several keys could be meant.
    pub fn ambiguous(&self, keys: &[&[String]]) -> Error {
        let candidates = keys.iter().map(|key| KeyColumns::from(key.to_vec()).argument());
        ColumnError::ColumnAmbiguous {
            table: self.table.display(),
            argument: self.key,
            of: keys.iter().map(|key| key.len()).max().unwrap_or(1),
            candidates: candidates.collect(),
        }
        .into()
    }
}

impl Sought<'_> {
    /// The columns that were named, if they are there; if none were, those that are found. `key`: what they are to point to, if that is known.
    pub fn link(&self, to: &Target, key: Option<&KeyColumns>, given: Option<KeyColumns>) -> Result<KeyColumns> {
        let key = key.map(KeyColumns::names);
        let Some(given) = given else {
            return self.found(to, key);
        };
        let link = self.wanted(to, given.names().len());
        for (at, name) in given.names().iter().enumerate() {
            if !self.has(name) {
                return Err(link.lacks(name, key.and_then(|key| key.get(at))));
            }
        }
        Ok(given)
    }

    /// Those of the one foreign key to the target's key, or to it and more, else those of usual names.
    fn found(&self, to: &Target, key: Option<&[String]>) -> Result<KeyColumns> {
        let links = self.foreign_keys_to(to);
        let mut found: Vec<Vec<String>> = match key {
            Some(key) => links.clone().filter_map(|link| link.by(key)).collect(),
            None => links.clone().map(|link| link.columns.clone()).collect(),
        };
        if let Some(key) = key.filter(|_| found.is_empty()) {
            found = links.filter_map(|link| link.part(key)).collect();
        }
        found.dedup();
        match found.as_slice() {
            [one] => self.unrivalled(to, key, one),
            [] => self.by_name(to, key).map(KeyColumns::from),
            several => {
                let of = several.iter().map(Vec::len).max().unwrap_or(1);
                let candidates = several.iter().map(|link| KeyColumns::from(link.clone()).argument());
                Err(self.wanted(to, of).ambiguous(candidates))
            }
        }
    }

    /// The only foreign key, unless another column that could be the link has its usual name: who made the key to who approves a payout means
    /// him, and no payee.
    fn unrivalled(&self, to: &Target, key: Option<&[String]>, one: &[String]) -> Result<KeyColumns> {
        let (link, [own]) = (self.wanted(to, one.len()), one) else {
            return Ok(one.to_vec().into());
        };
        let part = key.and_then(<[String]>::first);
        let mut called = link
            .all_called("id")
            .into_iter()
            .filter(|column| link.could_be(column, part));
        match called.next() {
            Some(rival) if !link.is_called(own, "id") && !link.is_called(own, "") => {
                Err(link.ambiguous([own, &rival.name].into_iter().map(|name| name::display_name(name))))
            }
            _ => Ok(one.to_vec().into()),
        }
    }

    /// Columns of usual names, if no foreign key says that they point to another key.
    fn by_name(&self, to: &Target, key: Option<&[String]>) -> Result<Vec<String>> {
        let link = self.wanted(to, key.map_or(1, <[String]>::len));
        let found = match key {
            None | Some([_]) => {
                let part = key.and_then(<[String]>::first);
                vec![link.called("id")?.ok_or_else(|| link.lacks_usual(part))?]
            }
            Some(key) => link.by_parts(key)?,
        };
        let could_be = |part: &String| {
            let column = to.column(part);
            column.is_some_and(|column| column.key_type().is_some() && column.has_deterministic_collation)
        };
        let key = key.filter(|key| key.iter().all(could_be)).unwrap_or_default();
        let says_else = |link: &&ForeignKey| found.iter().zip(key).any(|(column, part)| link.says_else(column, part));
        match self.foreign_keys_to(to).find(says_else) {
            Some(link) => Err(to.ambiguous(&[key, &link.referenced])),
            None => Ok(found),
        }
    }

    /// Whether columns of submissions are called like all of a key.
    pub fn names(&self, to: &Target, key: &[String]) -> bool {
        self.wanted(to, key.len()).by_parts(key).is_ok()
    }

    /// The foreign keys to this table.
    pub fn foreign_keys_to(&self, to: &Target) -> impl Iterator<Item = &ForeignKey> + Clone {
        let table = to.table.oid;
        self.foreign_keys.iter().filter(move |link| link.table == table)
    }

    /// Whether a foreign key says that a column points to another table, and none that it points to this one: its name says nothing then.
    fn points_elsewhere(&self, to: &Target, column: &String) -> bool {
        let mut links = self
            .foreign_keys
            .iter()
            .filter(|link| link.columns.contains(column))
            .peekable();
        links.peek().is_some() && links.all(|link| link.table != to.table.oid)
    }

    /// Whether a column of this name may be the same in submissions. What a submission itself is known by is not.
    fn may_share(&self, part: &str) -> bool {
        let is_own = self.own_keys.iter().any(|key| *key == [part]);
        self.has(part) && !part.eq_ignore_ascii_case("id") && !is_own
    }

    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    fn wanted<'b>(&'b self, to: &'b Target, of: usize) -> Wanted<'b> {
        let among = self;
        Wanted { among, to, of }
    }
}

/// A link that is looked for by names.
struct Wanted<'a> {
    among: &'a Sought<'a>,
    to: &'a Target<'a>,
    /// How many columns it has.
    of: usize,
}

impl Wanted<'_> {
    /// Columns that are called like those of the key: one by the table's name, `campaign_id`, others by the same name, as a tenant is
    /// wherever it stands.
    fn by_parts(&self, key: &[String]) -> Result<Vec<String>> {
        let mut parts = key.iter().map(|part| self.called(part)).collect::<Result<Vec<_>>>()?;
        if parts.iter().all(Option::is_none) {
            let mut others = (0..key.len()).filter(|at| !self.among.may_share(&key[*at]));
            let (Some(own), None) = (others.next(), others.next()) else {
                return Err(self.lacks_usual(key.last()));
            };
            let called = self.called("id")?;
            parts[own] = Some(called.ok_or_else(|| self.lacks_usual(key.last()))?);
        }
        let with_shared = |(part, found): (&String, Option<String>)| match found {
            Some(found) => Ok(found),
            None if self.among.may_share(part) => Ok(part.clone()),
            None => Err(self.lacks(part, Some(part))),
        };
        key.iter().zip(parts).map(with_shared).collect()
    }

    /// The column named for this one of the table: `campaign_id`, `campaignId`, `CAMPAIGNID` for `id` of campaigns. One that has the table's
    /// name in its own keeps it.
    fn called(&self, part: &str) -> Result<Option<String>> {
        match self.all_called(part).as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one.name.clone())),
            several => Err(self.ambiguous(several.iter().map(|column| name::display_name(&column.name)))),
        }
    }

    /// All that are called so, and are free to be it.
    fn all_called(&self, part: &str) -> Vec<&Column> {
        let is_free = |column: &&Column| {
            self.is_called(&column.name, part) && !self.among.points_elsewhere(self.to, &column.name)
        };
        self.among.columns.iter().filter(is_free).collect()
    }

    fn is_called(&self, column: &str, part: &str) -> bool {
        let bases = [singular(&self.to.table.name.table), self.to.usual];
        let of = |base: &&str| {
            names_as(column, &format!("{base}{part}")) || (names_as(column, part) && begins_with(part, base))
        };
        bases.iter().any(of)
    }

    fn lacks_usual(&self, part: Option<&String>) -> Error {
        let is_there = |base: &str| {
            self.among
                .columns
                .iter()
                .any(|column| names_as(&column.name, &format!("{base}id")))
        };
        // One that is there points to another table.
        let base = if is_there(self.to.usual) {
            singular(&self.to.table.name.table)
        } else {
            self.to.usual
        };
        self.lacks(&format!("{base}_id"), part)
    }

    /// The error that there is no such column. `part`: of the key, which it would point to.
    fn lacks(&self, wanted: &str, part: Option<&String>) -> Error {
        let could_link = self.among.columns.iter().filter(|column| self.could_be(column, part));
        missing(self.among.submissions, (self.to.link, self.of), wanted, could_link)
    }

    /// Whether a column could point to this part of the key, by its type and what it points to.
    fn could_be(&self, column: &Column, part: Option<&String>) -> bool {
        let other = part.and_then(|part| self.to.column(part)?.key_type());
        let is_of_type = match (column.key_type(), other) {
            (Some(own), Some(other)) => own.links_to(other),
            (own, None) => own.is_some(),
            (None, _) => false,
        };
        is_of_type && !self.among.points_elsewhere(self.to, &column.name)
    }

    fn ambiguous(&self, candidates: impl Iterator<Item = String>) -> Error {
        ColumnError::ColumnAmbiguous {
            table: self.among.submissions.display(),
            argument: self.to.link,
            of: self.of,
            candidates: candidates.collect(),
        }
        .into()
    }
}

/// The error that a table has no such column for an argument, which is to name so many, with those that could serve.
pub fn missing<'a>(
    table: &Relation,
    (argument, of): (&'static str, usize),
    wanted: &str,
    could_serve: impl Iterator<Item = &'a Column>,
) -> Error {
    ColumnError::ColumnMissing {
        table: table.display(),
        argument,
        of,
        wanted: name::display_name(wanted),
        candidates: could_serve.map(|column| name::display_name(&column.name)).collect(),
    }
    .into()
}

fn bare(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

fn names_as(column: &str, name: &str) -> bool {
    bare(column) == bare(name)
}

fn begins_with(name: &str, base: &str) -> bool {
    bare(name).starts_with(&bare(base))
}

fn singular(table: &str) -> &str {
    table.strip_suffix('s').unwrap_or(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_names_of_links_are_found() {
        let links_to = |name: &str| names_as(name, &format!("{}id", singular("campaigns")));
        for name in ["campaignId", "campaign_id", "CampaignID", "campaignid"] {
            assert!(links_to(name), "{name}");
        }
        for name in ["id", "campaign", "parentCampaignId", "clipId"] {
            assert!(!links_to(name), "{name}");
        }
        assert!(begins_with("campaign_code", singular("campaigns")));
        assert!(!begins_with("code", "campaign"));
    }
}
