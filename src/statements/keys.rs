//! Keys of one or several columns, as statements compare and give them. A key travels as one parameter, of several columns as an array
//! of texts: their places are the same whatever the key.

use super::EQ;
use crate::value::key::KeyType;

/// The columns of a key, or of what points to one, quoted.
pub struct KeyNames {
    columns: Vec<String>,
    kind: KeyType,
}

impl KeyNames {
    /// `kind`: of the key that they are, or point to.
    pub fn new(columns: Vec<String>, kind: KeyType) -> Self {
        Self { columns, kind }
    }

    fn each(&self, of: &str) -> impl Iterator<Item = String> {
        self.columns.iter().map(move |column| format!("{of}.{column}"))
    }

    /// For an order, or a choice: `k.id`; `k.tenant, k.id`.
    pub fn list(&self, of: &str) -> String {
        self.each(of).collect::<Vec<_>>().join(", ")
    }

    /// As one column of a result: `k.id`; `ROW(k.tenant, k.id)`.
    pub fn value(&self, of: &str) -> String {
        match self.columns.as_slice() {
            [_] => self.list(of),
            _ => format!("ROW({})", self.list(of)),
        }
    }

    /// One that is NULL where there is no row, and the key of a row is not.
    pub fn first(&self, of: &str) -> String {
        self.each(of).next().unwrap_or_default()
    }

    /// `k.id IS NOT NULL`; of what points to a key, which no row has where a part is missing: `l.tenant IS NOT NULL AND l.clip IS NOT NULL`.
    pub fn is_there(&self, of: &str) -> String {
        let each = self.each(of).map(|column| format!("{column} IS NOT NULL"));
        each.collect::<Vec<_>>().join(" AND ")
    }

    /// `k.id = l.clip`; `k.tenant = l.tenant AND k.id = l.clip`.
    pub fn is(&self, of: &str, other: &Self, of_other: &str) -> String {
        let pairs = self.each(of).zip(other.each(of_other));
        let equal = pairs.map(|(one, other)| format!("{one} {EQ} {other}"));
        equal.collect::<Vec<_>>().join(" AND ")
    }

    /// `k.id = $1`; `k.tenant = ($1::text[])[1]::int8 AND k.id = ($1::text[])[2]::uuid`.
    pub fn is_given(&self, of: &str, key: &str) -> String {
        let equal = self.each(of).zip(self.parts(key));
        let equal = equal.map(|(column, part)| format!("{column} {EQ} {part}"));
        equal.collect::<Vec<_>>().join(" AND ")
    }

    /// `k.id = ANY ($1)`; `(k.tenant, k.id) = ANY (SELECT (w.key::text[])[1]::int8, ... FROM unnest($1) AS w (key))`.
    pub fn is_among(&self, of: &str, keys: &str) -> String {
        match self.columns.as_slice() {
            [_] => format!("{} {EQ} ANY ({keys})", self.list(of)),
            _ => {
                let parts = self.parts("w.key").join(", ");
                let rows = format!("SELECT {parts} FROM pg_catalog.unnest({keys}) AS w (key)");
                self.is_one_of(of, &rows)
            }
        }
    }

    /// `k.id = ANY (SELECT ...)`, of rows that a query gives.
    pub fn is_one_of(&self, of: &str, query: &str) -> String {
        match self.columns.as_slice() {
            [_] => format!("{} {EQ} ANY ({query})", self.list(of)),
            _ => format!("({}) {EQ} ANY ({query})", self.list(of)),
        }
    }

    /// A key's columns under names of their own, which [`Self::named`] tells: `l.clip AS clip`; `l.tenant AS clip1, l.clip AS clip2`.
    pub fn selected(&self, of: &str, name: &str) -> String {
        let named = self.each(of).zip(self.named(name).columns);
        let selected = named.map(|(column, name)| format!("{column} AS {name}"));
        selected.collect::<Vec<_>>().join(", ")
    }

    /// The same key by the names that [`Self::selected`] gives.
    pub fn named(&self, name: &str) -> Self {
        let columns = match self.columns.len() {
            1 => vec![name.to_owned()],
            several => (1..=several).map(|at| format!("{name}{at}")).collect(),
        };
        Self::new(columns, self.kind)
    }

    /// The columns' values in a key that is given.
    fn parts(&self, key: &str) -> Vec<String> {
        match self.kind {
            KeyType::Row(kinds) => {
                let part = |(at, kind): (usize, &KeyType)| {
                    format!("({key}::pg_catalog.text[])[{}]::{}", at + 1, kind.scalar_sql())
                };
                kinds.iter().enumerate().map(part).collect()
            }
            _ => vec![key.to_owned()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_column_is_compared_as_it_is() {
        let key = KeyNames::new(vec!["\"id\"".to_owned()], KeyType::Int4);
        assert_eq!(key.value("k"), "k.\"id\"");
        assert_eq!(key.is_given("k", "$1"), "k.\"id\" OPERATOR(pg_catalog.=) $1");
        assert_eq!(key.is_among("k", "$1"), "k.\"id\" OPERATOR(pg_catalog.=) ANY ($1)");
        assert_eq!(key.selected("k", "id"), "k.\"id\" AS id");
    }

    #[test]
    fn several_columns_are_compared_each() {
        let kind = KeyType::of_columns(&[KeyType::Int4, KeyType::Uuid]);
        let key = KeyNames::new(["tenant", "id"].map(str::to_owned).into(), kind);
        let equal = "k.tenant OPERATOR(pg_catalog.=) l.tenant AND k.id OPERATOR(pg_catalog.=) l.clip";
        let link = KeyNames::new(["tenant", "clip"].map(str::to_owned).into(), kind);
        assert_eq!(key.is("k", &link, "l"), equal);
        assert_eq!(key.value("k"), "ROW(k.tenant, k.id)");
        let given = key.is_given("k", "$1");
        assert!(
            given.ends_with("k.id OPERATOR(pg_catalog.=) ($1::pg_catalog.text[])[2]::pg_catalog.uuid"),
            "{given}"
        );
        assert!(
            key.is_among("k", "$1")
                .starts_with("(k.tenant, k.id) OPERATOR(pg_catalog.=) ANY (SELECT ")
        );
        assert_eq!(key.selected("k", "id"), "k.tenant AS id1, k.id AS id2");
    }
}
