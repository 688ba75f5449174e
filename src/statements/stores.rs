//! Storing totals.

use super::{EQ, Names};
use crate::catalog::Column;
use crate::names::ident;
use crate::shape::Shape;
use pgrx::pg_sys;

/// Stores totals; the columns of [`stored`]. Kept short: it is what an error of the user's triggers and constraints on
/// campaigns shows as its context.
/// ```sql
/// UPDATE campaigns AS c SET spent = t.total::numeric::numeric(10,2)
/// FROM ROWS FROM (unnest($1), unnest($2)) AS t (id, total)
/// WHERE c.id = t.id RETURNING c.id, c.spent::numeric = t.total::numeric::numeric(10,2)::numeric
/// ```
pub fn store(shape: &Shape) -> String {
    let (campaigns, id, spent) = (
        shape.campaigns.sql(),
        ident(&shape.campaign_id.name),
        ident(&shape.spent.name),
    );
    format!(
        "UPDATE {campaigns} AS c SET {spent} = t.total::numeric::{kind} \
         FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS t (id, total) WHERE c.{id} {EQ} t.id \
         RETURNING c.{id}::pg_catalog.text, coalesce(c.{spent}::numeric {EQ} t.total::numeric::{kind}::numeric, false)",
        kind = shape.spent.base_sql,
    )
}

/// The same for one campaign, which is most of what is ever stored.
/// ```sql
/// UPDATE campaigns AS c SET spent = $2::numeric::numeric(10,2)
/// WHERE c.id = $1 RETURNING c.id, c.spent::numeric = $2::numeric::numeric(10,2)::numeric
/// ```
pub fn store_one(shape: &Shape) -> String {
    let Names {
        campaigns, id, spent, ..
    } = Names::of(shape);
    format!(
        "UPDATE {campaigns} AS c SET {spent} = $2::numeric::{kind} WHERE c.{id} {EQ} $1 \
         RETURNING c.{id}::pg_catalog.text, coalesce(c.{spent}::numeric {EQ} $2::numeric::{kind}::numeric, false)",
        kind = shape.spent.base_sql,
    )
}

/// Moves a campaign's total, where it is not NULL and the column can hold the new one. Whether that is what was stored
/// is left to the trigger on campaigns, which sees the row before and after.
/// ```sql
/// UPDATE campaigns AS c SET spent = (c.spent::numeric + $2::numeric)::numeric(10,2)
/// WHERE c.id = $1 AND abs(round(c.spent::numeric + $2::numeric, 2)) < 1e8
/// ```
pub fn move_one(shape: &Shape) -> String {
    let Names {
        campaigns, id, spent, ..
    } = Names::of(shape);
    let total = format!("(c.{spent}::numeric OPERATOR(pg_catalog.+) $2::numeric)");
    format!(
        "UPDATE {campaigns} AS c SET {spent} = {total}::{kind} WHERE c.{id} {EQ} $1 AND {fits}",
        kind = shape.spent.base_sql,
        fits = fits(&total, &shape.spent),
    )
}

/// The condition under which the spent column can hold the value of the numeric expression `total`. NaN is greater
/// than all other numerics, infinity included.
pub fn fits(total: &str, spent: &Column) -> String {
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
    match spent.base_type {
        pg_sys::INT2OID => between("'-32768'", "'32767'"),
        pg_sys::INT4OID => between("'-2147483648'", "'2147483647'"),
        pg_sys::INT8OID => between("'-9223372036854775808'", "'9223372036854775807'"),
        pg_sys::FLOAT4OID => float("'3.4028235e38'", "'7.0064923216240862e-46'"),
        pg_sys::FLOAT8OID => float("'1.7e308'", "'2.4703282292062329e-324'"),
        _ => match spent.numeric_limits() {
            Some((precision, scale)) => within(scale, &format!("'1e{}'", precision - scale)),
            None => format!("pg_catalog.abs({total}) OPERATOR(pg_catalog.<) 'Infinity'::numeric"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(base_type: pg_sys::Oid, typmod: i32) -> Column {
        Column {
            name: "spent".into(),
            number: 1,
            type_name: String::new(),
            base_type,
            base_sql: "numeric(10,2)".into(),
            typmod,
            is_enum: false,
            is_generated: false,
            is_virtual: false,
            has_deterministic_collation: true,
            collation: pg_sys::Oid::INVALID,
            is_domain: false,
        }
    }

    #[test]
    fn a_total_fits_within_the_column() {
        let money = fits("t.total", &column(pg_sys::NUMERICOID, ((10 << 16) | 2) + 4));
        assert!(
            money.contains("round(t.total, 2)") && money.contains("'1e8'"),
            "{money}"
        );
        let small = fits("t.total", &column(pg_sys::NUMERICOID, ((2 << 16) | 4) + 4));
        assert!(small.contains("'1e-2'"), "{small}");
        assert!(!fits("t.total", &column(pg_sys::NUMERICOID, -1)).contains("round"));
        assert!(fits("t.total", &column(pg_sys::INT4OID, -1)).contains("'2147483647'"));
    }
}
