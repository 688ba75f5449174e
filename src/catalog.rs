//! What PostgreSQL's catalogs say of tables, columns, keys and triggers: read only, with nothing but pg_catalog in
//! sight, and as of now (an old snapshot would not show a trigger that is firing already).

use crate::backend::{self, Sees};
use crate::cache;
use crate::errors::{Error, Result};
use crate::key::KeyType;
use crate::mapping::FullName;
use crate::money;
use crate::names;
use crate::values::{Row, Value};
use pgrx::pg_sys::{self, Oid};
use rust_decimal::Decimal;

/// Reads the catalogs.
pub fn read(sql: &str, values: &[Value]) -> Result<Vec<Row>> {
    backend::with_catalog_names(|| backend::query(sql, values, Sees::Latest))
}

/// A table.
#[derive(Clone, Debug)]
pub struct Relation {
    pub oid: Oid,
    pub name: FullName,
    /// `pg_class.relkind`: r, p, v, ...
    pub kind: char,
    pub owner: Oid,
    pub owner_name: String,
    /// The role in force owns it, or is a member of the role that does.
    pub is_ours: bool,
    pub has_inheritance_children: bool,
    pub is_temporary: bool,
    pub is_unlogged: bool,
}

impl Relation {
    /// Why no total can be kept with this table; `None` if one can.
    pub fn unfit(&self) -> Option<&'static str> {
        match self.kind {
            'r' | 'p' if self.is_temporary => Some("It is temporary"),
            'r' | 'p' if self.has_inheritance_children => {
                Some("Tables inherit from it; their rows would count, but fire no triggers")
            }
            'r' | 'p' => None,
            'v' | 'm' => Some("It is a view"),
            'f' => Some("It is a foreign table"),
            _ => Some("It is no table"),
        }
    }

    /// The name for SQL.
    pub fn sql(&self) -> String {
        names::table(&self.name.schema, &self.name.table)
    }

    /// The name for people: always with its schema, quoted where it must be.
    pub fn display(&self) -> String {
        display(&self.name)
    }

    pub fn is_partitioned(&self) -> bool {
        self.kind == 'p'
    }
}

/// A full name for people.
pub fn display(name: &FullName) -> String {
    format!(
        "{}.{}",
        backend::display_name(&name.schema),
        backend::display_name(&name.table)
    )
}

/// The relation with this OID, if there is one.
pub fn relation(oid: Oid) -> Result<Option<Relation>> {
    let rows = read(
        "SELECT c.oid, n.nspname, c.relname, c.relkind, c.relowner, pg_get_userbyid(c.relowner),
                pg_has_role(c.relowner, 'USAGE'),
                c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid),
                c.relpersistence = 't', c.relpersistence = 'u'
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.oid = $1",
        &[Value::Oid(oid)],
    )?;
    Ok(rows.first().map(|row| Relation {
        oid: row.oid(0),
        name: FullName {
            schema: row.text(1).to_owned(),
            table: row.text(2).to_owned(),
        },
        kind: row.text(3).chars().next().unwrap_or('?'),
        owner: row.oid(4),
        owner_name: row.text(5).to_owned(),
        is_ours: row.is_true(6),
        has_inheritance_children: row.is_true(7),
        is_temporary: row.is_true(8),
        is_unlogged: row.is_true(9),
    }))
}

/// The OID of a table by its full name. This is where a trigger's "campaigns table" becomes a relation.
pub fn find(name: &FullName) -> Result<Option<Oid>> {
    let rows = read(
        "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relname = $2",
        &[Value::Text(&name.schema), Value::Text(&name.table)],
    )?;
    Ok(rows.first().map(|row| row.oid(0)))
}

/// The table that the caller's search path finds under a bare name.
pub fn find_visible(name: &str) -> Result<Option<Oid>> {
    let sql = "SELECT pg_catalog.to_regclass(pg_catalog.quote_ident($1))::pg_catalog.oid";
    let rows = backend::query(sql, &[Value::Text(name)], Sees::Latest)?;
    Ok(rows.first().filter(|row| row.get(0).is_some()).map(|row| row.oid(0)))
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub number: i16,
    /// The type as declared, for people.
    pub type_name: String,
    /// The type below all domains.
    pub base_type: Oid,
    /// That type in SQL, with its precision and scale.
    pub base_sql: String,
    pub typmod: i32,
    pub is_enum: bool,
    pub is_generated: bool,
    /// Generated, and computed when it is read: no row holds it.
    pub is_virtual: bool,
    pub has_deterministic_collation: bool,
    pub collation: Oid,
    pub is_domain: bool,
}

impl Column {
    pub fn key_type(&self) -> Option<KeyType> {
        KeyType::of(self.base_type)
    }

    pub fn is_float(&self) -> bool {
        matches!(self.base_type, pg_sys::FLOAT4OID | pg_sys::FLOAT8OID)
    }

    /// Precision and scale of a numeric, if it has them.
    pub fn numeric_limits(&self) -> Option<(i32, i32)> {
        numeric_limits(self.typmod)
    }

    /// Whether a column of money can hold an amount with no more decimals than it has.
    pub fn holds(&self, amount: Decimal) -> bool {
        let whole = |least: i64, greatest: i64| Decimal::from(least) <= amount && amount <= Decimal::from(greatest);
        match self.base_type {
            pg_sys::INT2OID => whole(i16::MIN.into(), i16::MAX.into()),
            pg_sys::INT4OID => whole(i32::MIN.into(), i32::MAX.into()),
            pg_sys::INT8OID => whole(i64::MIN, i64::MAX),
            _ => self
                .numeric_limits()
                .is_none_or(|(precision, scale)| money::is_below_power_of_ten(amount, precision - scale)),
        }
    }

    /// How many decimals a type of money holds; without a limit, all.
    pub fn decimals(&self) -> i32 {
        match self.base_type {
            pg_sys::INT2OID | pg_sys::INT4OID | pg_sys::INT8OID => 0,
            _ => self.numeric_limits().map_or(i32::MAX, |(_, scale)| scale),
        }
    }
}

/// Precision and scale of a numeric type, if it has them; as in numeric.c.
fn numeric_limits(typmod: i32) -> Option<(i32, i32)> {
    const HEADER_BYTES: i32 = 4;
    (typmod >= HEADER_BYTES).then(|| {
        let packed = typmod - HEADER_BYTES;
        ((packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1024) - 1024)
    })
}

/// All columns of a table, in their order.
pub fn columns(relation: Oid) -> Result<Vec<Column>> {
    let rows = read(
        "WITH RECURSIVE base (attnum, oid, typmod) AS (
             SELECT attnum, atttypid, atttypmod FROM pg_attribute
             WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped
             UNION ALL
             SELECT base.attnum, t.typbasetype, t.typtypmod
             FROM base JOIN pg_type t ON t.oid = base.oid WHERE t.typtype = 'd')
         SELECT a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), t.oid,
                CASE WHEN n.nspname = 'pg_catalog' THEN format_type(t.oid, base.typmod)
                     ELSE format('%I.%I', n.nspname, t.typname) END,
                base.typmod, t.typtype = 'e', a.attgenerated <> '', coalesce(l.collisdeterministic, true),
                a.attcollation, t.oid <> a.atttypid, a.attgenerated = 'v'
         FROM base
         JOIN pg_type t ON t.oid = base.oid AND t.typtype <> 'd'
         JOIN pg_namespace n ON n.oid = t.typnamespace
         JOIN pg_attribute a ON a.attrelid = $1 AND a.attnum = base.attnum
         LEFT JOIN pg_collation l ON l.oid = a.attcollation
         ORDER BY a.attnum",
        &[Value::Oid(relation)],
    )?;
    Ok(rows.iter().map(column).collect())
}

fn column(row: &Row) -> Column {
    Column {
        name: row.text(0).to_owned(),
        number: row.number(1),
        type_name: row.text(2).to_owned(),
        base_type: row.oid(3),
        base_sql: row.text(4).to_owned(),
        typmod: row.number(5),
        is_enum: row.is_true(6),
        is_generated: row.is_true(7),
        has_deterministic_collation: row.is_true(8),
        collation: row.oid(9),
        is_domain: row.is_true(10),
        is_virtual: row.is_true(11),
    }
}

/// The columns that identify a row alone, the primary key's first. The columns a table is partitioned by must stand
/// in each of its unique indexes and don't count; those of a key WITHOUT OVERLAPS are unique at a time only.
pub fn unique_columns(relation: Oid) -> Result<Vec<String>> {
    let rows = read(
        "SELECT min(a.attname::text) AS name, bool_or(i.indisprimary) AS is_primary
         FROM pg_index i
         LEFT JOIN pg_partitioned_table p ON p.partrelid = i.indrelid
         CROSS JOIN LATERAL (
             SELECT k.attnum, count(*) OVER () AS keys
             FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
             WHERE k.place <= i.indnkeyatts
               AND (i.indnkeyatts = 1 OR p.partattrs IS NULL OR k.attnum <> ALL (p.partattrs::int2[]))) AS k
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE i.indrelid = $1 AND i.indisunique AND NOT i.indisexclusion AND i.indisvalid AND i.indpred IS NULL
           AND k.keys = 1
         GROUP BY i.indexrelid
         ORDER BY is_primary DESC, name",
        &[Value::Oid(relation)],
    )?;
    Ok(rows.iter().map(|row| row.text(0).to_owned()).collect())
}

/// A foreign key of one column.
pub struct ForeignKey {
    pub column: String,
    pub referenced: String,
    /// Checked on every write at its end: a link never names a row that does not exist.
    pub is_immediate: bool,
}

/// The single-column foreign keys from one table to another.
pub fn foreign_keys(from: Oid, to: Oid) -> Result<Vec<ForeignKey>> {
    let rows = read(
        "SELECT a.attname, r.attname, f.convalidated AND NOT f.condeferrable
         FROM pg_constraint f
         JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
         JOIN pg_attribute r ON r.attrelid = f.confrelid AND r.attnum = f.confkey[1]
         WHERE f.contype = 'f' AND f.conrelid = $1 AND f.confrelid = $2 AND cardinality(f.conkey) = 1
         ORDER BY f.conname",
        &[Value::Oid(from), Value::Oid(to)],
    )?;
    Ok(rows
        .iter()
        .map(|row| ForeignKey {
            column: row.text(0).to_owned(),
            referenced: row.text(1).to_owned(),
            is_immediate: row.is_true(2),
        })
        .collect())
}

/// Whether an index that covers all rows begins with this column.
pub fn has_index(relation: Oid, column: i16) -> Result<bool> {
    let rows = read(
        "SELECT FROM pg_index i WHERE i.indrelid = $1 AND i.indkey[0]::text = $2 AND i.indpred IS NULL AND i.indisvalid",
        &[Value::Oid(relation), Value::Text(&column.to_string())],
    )?;
    Ok(!rows.is_empty())
}

/// The labels of the enum below a column, in their order.
pub fn enum_labels(enum_type: Oid) -> Result<Vec<String>> {
    let sql = "SELECT enumlabel FROM pg_enum WHERE enumtypid = $1 ORDER BY enumsortorder";
    Ok(read(sql, &[Value::Oid(enum_type)])?
        .iter()
        .map(|row| row.text(0).to_owned())
        .collect())
}

/// The OIDs of some of them.
pub fn label_oids(enum_type: Oid, labels: &[String]) -> Result<Vec<Oid>> {
    let sql = "SELECT oid FROM pg_enum WHERE enumtypid = $1 AND enumlabel = ANY ($2)
               ORDER BY array_position($2, enumlabel::text)";
    let rows = read(sql, &[Value::Oid(enum_type), Value::Texts(labels)])?;
    Ok(rows.iter().map(|row| row.oid(0)).collect())
}

/// The labels of these OIDs, in their order.
pub fn labels_of(oids: &[Oid]) -> Result<Vec<String>> {
    let mut labels = Vec::with_capacity(oids.len());
    for oid in oids {
        let rows = read("SELECT enumlabel FROM pg_enum WHERE oid = $1", &[Value::Oid(*oid)])?;
        labels.extend(rows.first().map(|row| row.text(0).to_owned()));
    }
    Ok(labels)
}

/// Whether the role in force owns a schema, or is a member of the role that does.
pub fn owns_schema(name: &str) -> Result<bool> {
    let sql = "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = $1";
    Ok(read(sql, &[Value::Text(name)])?
        .first()
        .is_some_and(|row| row.is_true(0)))
}

/// The partitions below a table, of all levels.
pub fn partition_oids(relation: Oid) -> Result<Vec<Oid>> {
    let sql = "SELECT relid::oid FROM pg_partition_tree($1::regclass) WHERE level > 0";
    Ok(read(sql, &[Value::Oid(relation)])?
        .iter()
        .map(|row| row.oid(0))
        .collect())
}

/// The partitions below a table, of all levels, in the order of their names.
pub fn partitions(relation: Oid) -> Result<Vec<FullName>> {
    let rows = read(
        "SELECT n.nspname, c.relname FROM pg_partition_tree($1::regclass) p
         JOIN pg_class c ON c.oid = p.relid JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE p.level > 0 ORDER BY 1, 2",
        &[Value::Oid(relation)],
    )?;
    Ok(full_names(&rows))
}

/// A table and its partitions, of all levels, as far as a crash empties them.
pub fn unlogged(relation: Oid) -> Result<Vec<FullName>> {
    let rows = read(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relpersistence = 'u'
           AND (c.oid = $1 OR c.oid IN (SELECT relid FROM pg_partition_tree($1::regclass))) ORDER BY 1, 2",
        &[Value::Oid(relation)],
    )?;
    Ok(full_names(&rows))
}

/// Rows of schema and name.
fn full_names(rows: &[Row]) -> Vec<FullName> {
    let name = |row: &Row| FullName {
        schema: row.text(0).to_owned(),
        table: row.text(1).to_owned(),
    };
    rows.iter().map(name).collect()
}

/// The extension's event triggers that do not fire, and what makes each fire again: it is disabled, or all are off in this session
/// (from PostgreSQL 17 on).
pub fn disabled_event_triggers() -> Result<Vec<(String, String)>> {
    let rows = read(
        "SELECT e.evtname, CASE e.evtenabled WHEN 'D' THEN format('ALTER EVENT TRIGGER %I ENABLE;', e.evtname)
                           ELSE 'SET event_triggers = on;' END
         FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid
         JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'spend_sync'
           AND (e.evtenabled = 'D' OR current_setting('event_triggers', true) = 'off') ORDER BY 1",
        &[],
    )?;
    Ok(rows
        .iter()
        .map(|row| (row.text(0).to_owned(), row.text(1).to_owned()))
        .collect())
}

/// The table that a partition, of whatever level, belongs to; any other table itself.
pub fn root(relation: Oid) -> Result<Oid> {
    let rows = read(
        "SELECT coalesce(pg_partition_root($1::regclass)::oid, $1)",
        &[Value::Oid(relation)],
    )?;
    Ok(rows.first().map_or(relation, |row| row.oid(0)))
}

/// What the role in force lacks on a table: the words of the missing right, `None` where it has what it needs.
pub fn missing_right(relation: Oid, must_lock: bool) -> Result<Option<String>> {
    let rows = read(
        "SELECT CASE
             WHEN NOT has_schema_privilege(c.relnamespace, 'USAGE') THEN 'USAGE on schema ' || quote_ident(n.nspname)
             WHEN NOT has_table_privilege(c.oid, 'SELECT')
                 THEN 'SELECT on ' || c.oid::regclass
             WHEN $2 = 'lock' AND NOT has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE on ' || c.oid::regclass
         END
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1",
        &[
            Value::Oid(relation),
            Value::Text(if must_lock { "lock" } else { "read" }),
        ],
    )?;
    Ok(rows.first().and_then(|row| row.get(0).map(str::to_owned)))
}

/// Whether row-level security hides rows of a table from the role in force.
pub fn hides_rows(relation: Oid) -> Result<bool> {
    let rows = read("SELECT row_security_active($1)", &[Value::Oid(relation)])?;
    Ok(rows.first().is_some_and(|row| row.is_true(0)))
}

/// A role's name.
pub fn role_name(role: Oid) -> Result<String> {
    let rows = read("SELECT pg_get_userbyid($1)", &[Value::Oid(role)])?;
    Ok(rows.first().map(|row| row.text(0).to_owned()).unwrap_or_default())
}

/// The owner of the extension's own tables.
pub fn keeper() -> Result<Oid> {
    let rows = read(
        "SELECT c.relowner, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'spend_sync' AND c.relname = 'correction'",
        &[],
    )?;
    let found = rows
        .first()
        .ok_or_else(|| Error::internal("no table spend_sync.correction"))?;
    cache::watch(&[found.oid(1)]); // the owner may change
    Ok(found.oid(0))
}

/// How many totals of a campaigns table were corrected within the last 7 days, and by what the last one was found. What
/// attach found was wrong before it was kept. Read as the owner of the log.
pub fn recent_corrections(campaigns: Oid) -> Result<(i64, String)> {
    let rows = backend::as_role(keeper()?, || {
        read(
            "SELECT count(*), (array_agg(found_by ORDER BY at DESC))[1] FROM spend_sync.correction
             WHERE campaigns = $1 AND found_by <> 'attach' AND at > now() - interval '7 days'",
            &[Value::Oid(campaigns)],
        )
    })?;
    Ok(rows
        .first()
        .map(|row| (row.number(0), row.text(1).to_owned()))
        .unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::numeric_limits;

    #[test]
    fn precision_and_scale_come_out_of_the_typmod() {
        let typmod = |precision: i32, scale: i32| ((precision << 16) | (scale & 0x7ff)) + 4;
        assert_eq!(numeric_limits(typmod(10, 2)), Some((10, 2)));
        assert_eq!(numeric_limits(typmod(1000, 1000)), Some((1000, 1000)));
        assert_eq!(numeric_limits(typmod(3, -2)), Some((3, -2)));
        assert_eq!(numeric_limits(-1), None);
    }
}
