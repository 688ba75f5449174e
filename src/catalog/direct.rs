//! What may be read and written past planner and executor: where no code but PostgreSQL's own, and ours, would run.

use crate::catalog::read_often;
use crate::errors::Result;
use crate::pg::index::Index;
use crate::value::param::Param;
use crate::value::row::Row;
use pgrx::pg_sys::Oid;

/// An index of PostgreSQL's own kinds by which the rows of an ordinary table are found by a column, given in this type; if
/// `is_unique`, one that tells rows apart by it alone. One that not every snapshot may use is left to the planner. `epoch`: since
/// when what is said of the table holds.
pub fn index_of(table: Oid, column: i16, argument: Oid, is_unique: bool, epoch: u64) -> Result<Option<Index>> {
    let rows = read_often(
        "SELECT i.indexrelid, o.oprcode::oid, a.attcollation
         FROM pg_class t
         JOIN pg_am ta ON ta.oid = t.relam AND ta.amname = 'heap'
         JOIN pg_index i ON i.indrelid = t.oid
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
         JOIN pg_opclass c ON c.oid = i.indclass[0] AND c.oid < 16384
         JOIN pg_am ia ON ia.oid = c.opcmethod AND ia.amname = 'btree'
         JOIN pg_amop e ON e.amopfamily = c.opcfamily AND e.amoplefttype = c.opcintype AND e.amoprighttype = $3
                       AND e.amopstrategy = 3 AND e.amoppurpose = 's'
         JOIN pg_operator o ON o.oid = e.amopopr AND o.oid < 16384
         WHERE t.oid = $1 AND a.attnum = $2 AND t.relkind = 'r' AND NOT t.relhassubclass
           AND i.indisvalid AND i.indisready AND NOT i.indcheckxmin AND i.indpred IS NULL
           AND i.indcollation[0] = a.attcollation
           AND ($4 = 0 OR i.indisunique AND i.indimmediate AND i.indnkeyatts = 1)
         ORDER BY i.indnkeyatts, i.indexrelid LIMIT 1",
        &[
            Param::Oid(table),
            Param::Int8(column.into()),
            Param::Oid(argument),
            Param::Int8(is_unique.into()),
        ],
    )?;
    let Some(row) = rows.first() else { return Ok(None) };
    Ok(Some(Index {
        table,
        index: row.oid(0)?,
        equal: row.oid(1)?,
        argument,
        collation: row.oid(2)?,
        epoch,
    }))
}

/// Whether rules stand on a table.
pub fn has_rules(table: Oid) -> Result<bool> {
    let rows = read_often(
        "SELECT FROM pg_rewrite WHERE ev_class = $1 LIMIT 1",
        &[Param::Oid(table)],
    )?;
    Ok(!rows.is_empty())
}

/// What an update past the executor has to heed.
pub struct Update {
    /// A row that this transaction has written may wait for a foreign key's check, which an update has to queue anew.
    pub has_foreign_keys: bool,
}

/// Whether a column of a campaigns table may be updated past the executor and the triggers that keep its total; `None` where that would
/// leave out what is not ours: other triggers for UPDATE (a deferrable constraint is one), rules, the bounds of a partition, generated
/// columns, a key that the column is part of, CHECKs that name functions of the user's, which may write. (Where another total knows the
/// campaigns by the column, its trigger has to see that they change their key: its mapping says so, and no index need.)
pub fn update_of(table: Oid, column: i16) -> Result<Option<Update>> {
    let rows = read_often(
        "SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = t.oid AND contype = 'f')
         FROM pg_class t
         WHERE t.oid = $1 AND t.relkind = 'r' AND NOT (t.relispartition OR t.relhassubclass)
           AND NOT EXISTS (SELECT FROM pg_rewrite WHERE ev_class = t.oid)
           AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = t.oid AND indisunique AND indnkeyatts = 1 AND indkey[0] = $2)
           AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = t.oid AND attnum > 0 AND attgenerated <> '')
           AND NOT EXISTS (
             SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE g.tgrelid = t.oid AND g.tgtype & 16 <> 0
               AND NOT (n.nspname = 'spend_sync'
                        AND p.proname IN ('keep_total', 'capture_campaign', 'begin', 'flush', 'flush_at_commit'))
               AND NOT (g.tgisinternal
                        AND EXISTS (SELECT FROM pg_constraint WHERE oid = g.tgconstraint AND contype = 'f')))
           AND NOT EXISTS (
             SELECT FROM pg_constraint k
             WHERE k.contype = 'f' AND (k.conrelid = t.oid AND $2 = ANY (k.conkey)
                                        OR k.confrelid = t.oid AND $2 = ANY (k.confkey))
                OR k.contype = 'c' AND k.conrelid = t.oid AND EXISTS (
                     SELECT FROM pg_depend d WHERE d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
                     AND d.refclassid <> 'pg_class'::regclass))",
        &[Param::Oid(table), Param::Int8(column.into())],
    )?;
    let update = |row: &Row| Update {
        has_foreign_keys: row.is_true(0),
    };
    Ok(rows.first().map(update))
}
