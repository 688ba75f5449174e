//! Storing totals.

use super::{EQ, Names};
use crate::value::money::MoneyType;

/// Stores totals; the columns of [`stored`]. Kept short: it is what an error of the user's triggers and constraints on
/// campaigns shows as its context.
/// ```sql
/// UPDATE campaigns AS c SET spent = t.total::numeric::numeric(10,2)
/// FROM ROWS FROM (unnest($1), unnest($2)) AS t (id, total)
/// WHERE c.id = t.id RETURNING c.id, c.spent::numeric = t.total::numeric::numeric(10,2)::numeric
/// ```
pub fn store(names: &Names, others: &[&Names]) -> String {
    if !others.is_empty() {
        return store_several(names, others);
    }
    let Names {
        campaigns, id, spent, ..
    } = names;
    format!(
        "UPDATE {campaigns} AS c SET {spent} = t.total::numeric::{kind} \
         FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS t (id, total) WHERE {is_its} \
         RETURNING {id}::pg_catalog.text, coalesce(c.{spent}::numeric {EQ} t.total::numeric::{kind}::numeric, false)",
        is_its = id.is_given("c", "t.id"),
        id = id.value("c"),
        kind = names.spent_type,
    )
}

/// The same of several totals of a row. What is stored is another campaign's alone where it is empty.
/// ```sql
/// UPDATE campaigns AS c SET spent = CASE WHEN t.total1 = '' THEN c.spent ELSE t.total1::numeric::numeric(10,2) END, ...
/// FROM ROWS FROM (unnest($1), unnest($2), unnest($3)) AS t (id, total1, total2)
/// WHERE c.id = t.id RETURNING c.id, CASE WHEN t.total1 = '' THEN true ELSE c.spent::numeric = ... END, ...
/// ```
fn store_several(first: &Names, others: &[&Names]) -> String {
    let of_each = |say: &dyn Fn(usize, &Names) -> String| {
        let all = std::iter::once(first).chain(others.iter().copied());
        let said = all.enumerate().map(|(at, names)| say(at + 1, names));
        said.collect::<Vec<_>>().join(", ")
    };
    let sets = of_each(&|at, names| {
        let (spent, kind) = (&names.spent, &names.spent_type);
        format!("{spent} = CASE WHEN t.total{at} {EQ} '' THEN c.{spent} ELSE t.total{at}::numeric::{kind} END")
    });
    let stored = of_each(&|at, names| {
        let (spent, kind) = (&names.spent, &names.spent_type);
        let is_stored = format!("coalesce(c.{spent}::numeric {EQ} t.total{at}::numeric::{kind}::numeric, false)");
        format!("CASE WHEN t.total{at} {EQ} '' THEN true ELSE {is_stored} END")
    });
    let arrays = of_each(&|at, _| format!("pg_catalog.unnest(${})", at + 1));
    let totals = of_each(&|at, _| format!("total{at}"));
    let Names { campaigns, id, .. } = first;
    format!(
        "UPDATE {campaigns} AS c SET {sets} FROM ROWS FROM (pg_catalog.unnest($1), {arrays}) AS t (id, {totals}) \
         WHERE {is_its} RETURNING {id}::pg_catalog.text, {stored}",
        is_its = id.is_given("c", "t.id"),
        id = id.value("c"),
    )
}

/// The same for one campaign, which is most of what is ever stored.
/// ```sql
/// UPDATE campaigns AS c SET spent = $2::numeric::numeric(10,2)
/// WHERE c.id = $1 RETURNING c.id, c.spent::numeric = $2::numeric::numeric(10,2)::numeric
/// ```
pub fn store_one(names: &Names) -> String {
    let Names {
        campaigns, id, spent, ..
    } = names;
    format!(
        "UPDATE {campaigns} AS c SET {spent} = $2::numeric::{kind} WHERE {is_it} \
         RETURNING {id}::pg_catalog.text, coalesce(c.{spent}::numeric {EQ} $2::numeric::{kind}::numeric, false)",
        is_it = id.is_given("c", "$1"),
        id = id.value("c"),
        kind = names.spent_type,
    )
}

/// How many campaigns hold these totals.
/// ```sql
/// SELECT count(*) FROM campaigns AS c, ROWS FROM (unnest($1), unnest($2)) AS t (id, total)
/// WHERE c.id = t.id AND c.spent::numeric = t.total::numeric::numeric(10,2)::numeric
/// ```
pub fn count_stored(names: &Names) -> String {
    let Names {
        campaigns, id, spent, ..
    } = names;
    format!(
        "SELECT pg_catalog.count(*) FROM {campaigns} AS c, \
         ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS t (id, total) \
         WHERE {is_its} AND c.{spent}::numeric {EQ} t.total::numeric::{kind}::numeric",
        is_its = id.is_given("c", "t.id"),
        kind = names.spent_type,
    )
}

/// Moves a campaign's totals, where none is NULL and the columns can hold the new ones. Whether that is what was stored
/// is left to the trigger on campaigns, which sees the row before and after.
/// ```sql
/// UPDATE campaigns AS c SET spent = (c.spent::numeric + $2::numeric)::numeric(10,2)
/// WHERE c.id = $1 AND abs(round(c.spent::numeric + $2::numeric, 2)) < 1e8
/// ```
pub fn move_one(names: &Names, others: &[&Names]) -> String {
    let (mut sets, mut all_fit) = (Vec::new(), String::new());
    for (
        at,
        Names {
            spent,
            spent_type,
            spent_money,
            ..
        },
    ) in std::iter::once(names).chain(others.iter().copied()).enumerate()
    {
        let total = format!("(c.{spent}::numeric OPERATOR(pg_catalog.+) ${}::numeric)", at + 2);
        sets.push(format!("{spent} = {total}::{spent_type}"));
        all_fit += &format!(" AND {}", fits(&total, *spent_money));
    }
    let Names { campaigns, id, .. } = names;
    format!(
        "UPDATE {campaigns} AS c SET {sets} WHERE {is_it}{all_fit}",
        is_it = id.is_given("c", "$1"),
        sets = sets.join(", "),
    )
}

/// The condition under which the spent column can hold the value of the numeric expression `total`. NaN is greater
/// than all other numerics, infinity included.
pub fn fits(total: &str, spent: MoneyType) -> String {
    let within = |scale: i32, bound: &str| {
        format!("pg_catalog.abs(pg_catalog.round({total}, {scale})) OPERATOR(pg_catalog.<) {bound}::numeric")
    };
    let between = |least: &str, greatest: &str| {
        format!(
            "pg_catalog.round({total}, 0) OPERATOR(pg_catalog.>=) {least}::numeric \
             AND pg_catalog.round({total}, 0) OPERATOR(pg_catalog.<=) {greatest}::numeric"
        )
    };
    // PostgreSQL refuses what a float would hold as 0 and is not.
    let float = |bound: &str, least: &str| {
        let large = within(0, bound);
        let some = format!("pg_catalog.abs({total}) OPERATOR(pg_catalog.>) {least}::numeric");
        format!("{large} AND ({some} OR {total} {EQ} 0::numeric)")
    };
    match spent {
        MoneyType::Int2 => between("'-32768'", "'32767'"),
        MoneyType::Int4 => between("'-2147483648'", "'2147483647'"),
        MoneyType::Int8 => between("'-9223372036854775808'", "'9223372036854775807'"),
        MoneyType::Float4 => float("'3.4028235e38'", "'7.0064923216240862e-46'"),
        MoneyType::Float8 => float("'1.7e308'", "'2.4703282292062329e-324'"),
        MoneyType::Numeric(Some((precision, scale))) => within(scale, &format!("'1e{}'", precision - scale)),
        MoneyType::Numeric(None) => format!("pg_catalog.abs({total}) OPERATOR(pg_catalog.<) 'Infinity'::numeric"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_fits_within_the_column() {
        let money = fits("t.total", MoneyType::Numeric(Some((10, 2))));
        assert!(
            money.contains("round(t.total, 2)") && money.contains("'1e8'"),
            "{money}"
        );
        let small = fits("t.total", MoneyType::Numeric(Some((2, 4))));
        assert!(small.contains("'1e-2'"), "{small}");
        assert!(!fits("t.total", MoneyType::Numeric(None)).contains("round"));
        assert!(fits("t.total", MoneyType::Int4).contains("'2147483647'"));
    }
}
