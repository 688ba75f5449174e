//! The truth: a plain sum over the tables, using nothing of any contender.

use anyhow::Result;
use postgres::Client;

/// Every campaign with its total and the plain sum.
const TRUTH: &str = r#"
    SELECT k.id, k.spent, coalesce(t.total, 0) AS total
    FROM campaigns k
    LEFT JOIN (SELECT s."campaignId" AS id, sum(c.earnings) AS total
               FROM clip_submissions s JOIN clips c ON c.id = s."clipId"
               WHERE s.status = 'APPROVED'
               GROUP BY s."campaignId") t USING (id)"#;

/// How many campaigns' `spent` is not the plain sum.
pub fn drifted(client: &mut Client) -> Result<i64> {
    let query = format!("SELECT count(*) FROM ({TRUTH}) x WHERE spent IS DISTINCT FROM total");
    Ok(client.query_one(&query, &[])?.try_get(0)?)
}

/// The same of the view that pg_ivm maintains beside `spent`.
pub fn drifted_view(client: &mut Client) -> Result<i64> {
    let query = format!(
        "SELECT count(*) FROM ({TRUTH}) x LEFT JOIN bench_spent v ON v.\"campaignId\" = x.id
         WHERE coalesce(v.spent, 0) <> total"
    );
    Ok(client.query_one(&query, &[])?.try_get(0)?)
}

/// Brings every total to the truth. No trigger may be there: it would be measured, or answer back.
pub fn set_right(client: &mut Client) -> Result<()> {
    client.batch_execute(&format!(
        "UPDATE campaigns k SET spent = t.total FROM ({TRUTH}) t WHERE t.id = k.id AND k.spent IS DISTINCT FROM t.total"
    ))?;
    Ok(())
}
