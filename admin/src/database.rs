//! What is asked of the database. Amounts come as PostgreSQL prints a numeric, with all their digits.

use crate::errors::{Error, is_conflict, may_be_no_campaign};
use crate::records::{self, Campaign, Correction, Places, Preview, Repaired, Summary};
use serde_json::Value;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{AssertSqlSafe, Row};

/// A transaction that met another one's locks is tried this often in all.
const ATTEMPTS: usize = 4;

/// Where the answers come from.
pub struct Database {
    pub pool: PgPool,
    /// The campaigns table, where several are attached.
    pub campaigns: Option<String>,
    /// The name of its budget column, if it has one.
    pub budget: String,
}

/// The attached table, and how to write it: all names are quoted.
struct Bound {
    /// The schema of the extension's functions.
    schema: String,
    campaigns: String,
    key: String,
    /// An expression: a float is read by its digits.
    budget: Option<String>,
}

impl Database {
    /// Whether it answers, and has a table to answer for.
    pub async fn is_ready(&self) -> Result<(), Error> {
        self.bound().await.map(drop)
    }

    /// Read anew for each request: what is attached may change.
    async fn bound(&self) -> Result<Bound, Error> {
        let sql = "
            SELECT quote_ident(n.nspname), b.campaigns, quote_ident(b.campaign_id),
                   (SELECT quote_ident(a.attname)
                           || CASE WHEN a.atttypid IN ('real'::regtype, 'double precision'::regtype) THEN '::text' ELSE '' END
                    FROM pg_attribute a
                    WHERE a.attrelid = b.campaigns::regclass AND a.attname = $2 AND NOT a.attisdropped
                      AND a.atttypid IN ('numeric'::regtype, 'smallint'::regtype, 'integer'::regtype, 'bigint'::regtype,
                                         'real'::regtype, 'double precision'::regtype))
            FROM pg_extension e
            JOIN pg_namespace n ON n.oid = e.extnamespace
            JOIN spend_sync.binding b ON b.campaigns::regclass = coalesce($1::text::regclass, b.campaigns::regclass)
            WHERE e.extname = 'spend_sync'";
        let rows = sqlx::query(sql)
            .bind(&self.campaigns)
            .bind(&self.budget)
            .fetch_all(&self.pool)
            .await?;
        match rows.as_slice() {
            [row] => Ok(Bound {
                schema: row.try_get(0)?,
                campaigns: row.try_get(1)?,
                key: row.try_get(2)?,
                budget: row.try_get(3)?,
            }),
            [] => Err(not_attached(
                "no campaigns table is attached: SELECT * FROM spend_sync_attach()",
            )),
            _ => Err(not_attached(
                "several campaigns tables are attached: name one in SPEND_SYNC_CAMPAIGNS",
            )),
        }
    }

    /// Reads all that is bound, and writes nothing.
    pub async fn preview(&self) -> Result<Preview, Error> {
        let bound = self.bound().await?;
        let (budget, join) = match &bound.budget {
            None => ("NULL::numeric".to_owned(), String::new()),
            Some(column) => {
                let Bound { campaigns, key, .. } = &bound;
                let columns = format!("SELECT {key}::text AS key, {column}::numeric AS budget FROM {campaigns}");
                (
                    "c.budget".to_owned(),
                    format!("LEFT JOIN ({columns}) c ON c.key = s.campaign_id"),
                )
            }
        };
        let place = |by: &str| format!("CASE WHEN {by} IS NOT NULL THEN rank() OVER (ORDER BY {by}) END");
        let places = [
            "lower(title)",
            "recorded_spent",
            "actual_spent",
            "abs(difference)",
            "budget",
            "used",
        ]
        .map(place);
        let sql = format!(
            "
            WITH preview AS MATERIALIZED (
                SELECT s.*, {budget} AS budget, s.actual_spent / nullif({budget}, 0) AS used
                FROM {schema}.spend_sync_status($1::text::regclass) s {join}
            )
            SELECT whole.*, campaign_id, title, recorded_spent::text, actual_spent::text, difference::text, needs_sync,
                   approved_clips, budget::text, {places}
            FROM (SELECT {now}, count(*), count(*) FILTER (WHERE needs_sync), count(*) FILTER (WHERE NOT needs_sync),
                         coalesce(sum(difference), 0)::text FROM preview) AS whole
            LEFT JOIN preview ON true",
            schema = bound.schema,
            places = places.join(", "),
            now = iso("now()"),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(&bound.campaigns)
            .fetch_all(&self.pool)
            .await?;
        let first = rows.first().ok_or(Error::Internal)?;
        // Where there is no campaign, the summary's row has none.
        let of_campaigns = rows
            .iter()
            .filter(|row| matches!(row.try_get::<Option<&str>, _>(5), Ok(Some(_))));
        Ok(Preview {
            as_of: first.try_get(0)?,
            summary: Summary {
                total: first.try_get(1)?,
                needs_sync: first.try_get(2)?,
                in_sync: first.try_get(3)?,
                total_difference: amount(first, 4)?,
            },
            campaigns: of_campaigns.map(campaign).collect::<Result<_, _>>()?,
        })
    }

    /// The keys of those that need a sync, in the order in which everybody locks campaigns.
    pub async fn needing_sync(&self) -> Result<Vec<String>, Error> {
        let bound = self.bound().await?;
        let sql = format!(
            "SELECT campaign_id FROM {}.spend_sync_status($1::text::regclass) WHERE needs_sync ORDER BY campaign_id",
            bound.schema
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(&bound.campaigns)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }

    /// Repairs one campaign, in a transaction of its own.
    pub async fn repair_one(&self, id: &str) -> Result<Repaired, Error> {
        let bound = self.bound().await?;
        let sql = repair_sql(&bound.schema, "sync_campaign($2, $1::text::regclass)");
        let query = || {
            sqlx::query(AssertSqlSafe(sql.clone()))
                .bind(&bound.campaigns)
                .bind(id)
                .fetch_one(&self.pool)
        };
        let row = match until_no_conflict(query).await {
            Err(error) if may_be_no_campaign(&error) && !self.has_campaign(&bound, id).await? => {
                return Err(Error::NoSuchCampaign);
            }
            row => row?,
        };
        Ok(repaired(&row)?)
    }

    async fn has_campaign(&self, bound: &Bound, id: &str) -> Result<bool, Error> {
        // No text of PostgreSQL's holds this.
        if id.contains('\0') {
            return Ok(false);
        }
        let Bound { campaigns, key, .. } = bound;
        let sql = format!("SELECT EXISTS (SELECT FROM {campaigns} WHERE {key}::text = $1)");
        let row = sqlx::query(AssertSqlSafe(sql)).bind(id).fetch_one(&self.pool).await?;
        Ok(row.try_get(0)?)
    }

    /// Repairs all in one transaction: those that were wrong. One that could not be repaired has no new total.
    pub async fn repair_all(&self) -> Result<Vec<Repaired>, Error> {
        let bound = self.bound().await?;
        let sql = repair_sql(&bound.schema, "sync_all_campaigns($1::text::regclass)")
            + " WHERE old_spent IS DISTINCT FROM new_spent OR new_spent IS NULL";
        let query = || {
            sqlx::query(AssertSqlSafe(sql.clone()))
                .bind(&bound.campaigns)
                .fetch_all(&self.pool)
        };
        let rows = until_no_conflict(query).await?;
        Ok(rows.iter().map(repaired).collect::<Result<_, _>>()?)
    }

    /// The exact sum of some differences.
    pub async fn total_difference(&self, repaired: &[Repaired]) -> Result<Value, Error> {
        let terms: Vec<String> = repaired
            .iter()
            .map(|campaign| records::text(&campaign.difference))
            .collect();
        let row = sqlx::query("SELECT coalesce(sum(term::numeric), 0)::text FROM unnest($1::text[]) AS term")
            .bind(terms)
            .fetch_one(&self.pool)
            .await?;
        Ok(amount(&row, 0)?)
    }

    /// The newest corrections, newest first.
    pub async fn corrections(&self, limit: i64) -> Result<Vec<Correction>, Error> {
        let bound = self.bound().await?;
        let title = "(to_jsonb(c) ->> (SELECT title FROM spend_sync.binding b WHERE b.campaigns::regclass = $1::text::regclass))";
        let Bound { campaigns, key, .. } = &bound;
        let sql = format!(
            "SELECT {at}, l.campaign_id, {title}, l.recorded::text,
                    l.actual::text, l.found_by, l.role::text
             FROM (SELECT * FROM spend_sync.correction WHERE campaigns = $1::text::regclass ORDER BY at DESC LIMIT $2) l
             LEFT JOIN {campaigns} c ON c.{key}::text = l.campaign_id
             ORDER BY l.at DESC, l.campaign_id",
            at = iso("l.at"),
        );
        let rows = sqlx::query(AssertSqlSafe(sql))
            .bind(campaigns)
            .bind(limit)
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.iter().map(correction).collect::<Result<_, _>>()?)
    }
}

fn not_attached(why: &str) -> Error {
    tracing::error!("{why}");
    Error::NotAttached
}

/// A time in ISO 8601, with the offset of the session's time zone.
fn iso(time: &str) -> String {
    format!("to_char({time}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MSTZH:TZM')")
}

fn repair_sql(schema: &str, call: &str) -> String {
    format!(
        "SELECT campaign_id, title, old_spent::text, new_spent::text, difference::text, approved_clips FROM {schema}.{call}"
    )
}

/// PostgreSQL asks to try a transaction again that met another one's locks.
async fn until_no_conflict<T, Q: Future<Output = sqlx::Result<T>>>(query: impl Fn() -> Q) -> sqlx::Result<T> {
    for _ in 1..ATTEMPTS {
        match query().await {
            Err(error) if is_conflict(&error) => {}
            result => return result,
        }
    }
    query().await
}

fn campaign(row: &PgRow) -> sqlx::Result<Campaign> {
    Ok(Campaign {
        id: row.try_get(5)?,
        title: row.try_get(6)?,
        recorded_spent: amount(row, 7)?,
        actual_spent: amount(row, 8)?,
        difference: amount(row, 9)?,
        needs_sync: row.try_get(10)?,
        approved_clips_count: row.try_get(11)?,
        budget: amount(row, 12)?,
        places: Places {
            title: row.try_get(13)?,
            recorded_spent: row.try_get(14)?,
            actual_spent: row.try_get(15)?,
            difference: row.try_get(16)?,
            budget: row.try_get(17)?,
            budget_used: row.try_get(18)?,
        },
    })
}

fn repaired(row: &PgRow) -> sqlx::Result<Repaired> {
    Ok(Repaired {
        campaign_id: row.try_get(0)?,
        campaign_title: row.try_get(1)?,
        old_spent: amount(row, 2)?,
        new_spent: amount(row, 3)?,
        difference: amount(row, 4)?,
        approved_clips_count: row.try_get(5)?,
    })
}

fn correction(row: &PgRow) -> sqlx::Result<Correction> {
    Ok(Correction {
        at: row.try_get(0)?,
        campaign_id: row.try_get(1)?,
        campaign_title: row.try_get(2)?,
        recorded_spent: amount(row, 3)?,
        actual_spent: amount(row, 4)?,
        found_by: row.try_get(5)?,
        role: row.try_get(6)?,
    })
}

/// A numeric that was selected as text.
fn amount(row: &PgRow, column: usize) -> sqlx::Result<Value> {
    Ok(records::amount(row.try_get(column)?))
}
