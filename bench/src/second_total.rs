//! A second total that the same clips feed, by a link table of its own: what each author has earned. Clips are dealt out to authors
//! otherwise than to campaigns.

use anyhow::Result;
use postgres::Client;

use crate::contenders::Contender;

const TABLES: &str = r#"
    CREATE TABLE authors (id text PRIMARY KEY, spent numeric(12,2) NOT NULL DEFAULT 0);
    CREATE TABLE author_clips (author text NOT NULL REFERENCES authors, clip text NOT NULL REFERENCES clips, status text NOT NULL);
    INSERT INTO authors (id) SELECT id FROM users;
    INSERT INTO author_clips SELECT "userId", id, 'APPROVED' FROM clips;
    CREATE INDEX ON author_clips (author);
    CREATE INDEX ON author_clips (clip);
    ANALYZE authors, author_clips"#;

const TRUTH: &str = "
    SELECT a.id, a.spent, coalesce(t.total, 0) AS total FROM authors a
    LEFT JOIN (SELECT l.author AS id, sum(c.earnings) AS total FROM author_clips l JOIN clips c ON c.id = l.clip
               WHERE l.status = 'APPROVED' GROUP BY l.author) t USING (id)";

/// Brings the tables, with totals that are right.
pub fn create(client: &mut Client) -> Result<()> {
    client.batch_execute(TABLES)?;
    clean(client)
}

pub fn drop(client: &mut Client) -> Result<()> {
    Ok(client.batch_execute("DROP TABLE author_clips, authors")?)
}

/// Beside the first total, which is installed before and uninstalled after.
pub fn install(client: &mut Client, contender: Contender) -> Result<()> {
    match contender {
        Contender::RowAdds => client.batch_execute(include_str!("../sql/second_row_adds.sql"))?,
        Contender::SpendSync => client.batch_execute(
            "SELECT FROM spend_sync_attach('authors', 'clips', 'author_clips', submission_campaign => 'author',
                                           submission_clip => 'clip', sync => false)",
        )?,
        _ => {}
    }
    Ok(())
}

pub fn uninstall(client: &mut Client, contender: Contender) -> Result<()> {
    match contender {
        Contender::RowAdds => client.batch_execute("DROP FUNCTION bench_author CASCADE")?,
        Contender::SpendSync => client.batch_execute("SELECT spend_sync_detach('authors')")?,
        _ => {}
    }
    Ok(())
}

/// How many are not the plain sum.
pub fn drifted(client: &mut Client) -> Result<i64> {
    let query = format!("SELECT count(*) FROM ({TRUTH}) x WHERE spent IS DISTINCT FROM total");
    Ok(client.query_one(&query, &[])?.try_get(0)?)
}

/// Puts them right.
pub fn clean(client: &mut Client) -> Result<()> {
    client.batch_execute(&format!(
        "UPDATE authors a SET spent = t.total FROM ({TRUTH}) t WHERE t.id = a.id AND a.spent IS DISTINCT FROM t.total"
    ))?;
    Ok(client.batch_execute("VACUUM authors")?)
}
