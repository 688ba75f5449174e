//! Totals beside that of the campaigns, or in its stead, which the same writes of clips feed.

use anyhow::Result;
use postgres::Client;

use crate::contenders::Contender;
use crate::work::Kind;

pub struct OtherTotal {
    /// Brings the tables, and columns, with totals that may be wrong.
    create: &'static str,
    drop: &'static str,
    /// Of each row its key, the total and the plain sum.
    truth: &'static str,
    table: &'static str,
    column: &'static str,
    /// The trigger that adds; makes the function `bench_other`.
    row_adds: &'static str,
    attach: &'static str,
    /// Who keeps it.
    keeper: Contender,
    /// The campaigns' total is kept too.
    pub is_beside: bool,
}

/// What each author has earned, by a link table of its own: clips are dealt out to authors otherwise than to campaigns.
const AUTHORS: OtherTotal = OtherTotal {
    create: r#"
    CREATE TABLE authors (id text PRIMARY KEY, spent numeric(12,2) NOT NULL DEFAULT 0);
    CREATE TABLE author_clips (author text NOT NULL REFERENCES authors, clip text NOT NULL REFERENCES clips, status text NOT NULL);
    INSERT INTO authors (id) SELECT id FROM users;
    INSERT INTO author_clips SELECT "userId", id, 'APPROVED' FROM clips;
    CREATE INDEX ON author_clips (author);
    CREATE INDEX ON author_clips (clip);
    ANALYZE authors, author_clips"#,
    drop: "DROP TABLE author_clips, authors",
    truth: "
    SELECT a.id, a.spent, coalesce(t.total, 0) AS total FROM authors a
    LEFT JOIN (SELECT l.author AS id, sum(c.earnings) AS total FROM author_clips l JOIN clips c ON c.id = l.clip
               WHERE l.status = 'APPROVED' GROUP BY l.author) t USING (id)",
    table: "authors",
    column: "spent",
    row_adds: include_str!("../sql/second_row_adds.sql"),
    attach: "SELECT FROM spend_sync_attach('authors', 'clips', 'author_clips', submission_campaign => 'author',
                                           submission_clip => 'clip', sync => false)",
    keeper: Contender::SpendSync,
    is_beside: true,
};

/// A second total in the campaigns' own rows, which each write moves as well.
const SAME_ROW: OtherTotal = OtherTotal {
    create: "ALTER TABLE campaigns ADD earned numeric(12,2) NOT NULL DEFAULT 0",
    drop: "ALTER TABLE campaigns DROP earned",
    truth: r#"
    SELECT k.id, k.earned AS spent, coalesce(t.total, 0) AS total FROM campaigns k
    LEFT JOIN (SELECT s."campaignId" AS id, sum(c.earnings) AS total FROM clip_submissions s JOIN clips c ON c.id = s."clipId"
               WHERE s.status IN ('APPROVED', 'PENDING') GROUP BY s."campaignId") t USING (id)"#,
    table: "campaigns",
    column: "earned",
    row_adds: "",
    attach: "SELECT FROM spend_sync_attach(spent => 'earned', approved => '{APPROVED,PENDING}', sync => false)",
    keeper: Contender::SpendSyncTwo,
    is_beside: true,
};

/// What each user has earned, by the clips' own column: nothing links the two.
const DIRECT: OtherTotal = OtherTotal {
    create: r#"
    ALTER TABLE users ADD earned numeric(12,2) NOT NULL DEFAULT 0;
    CREATE INDEX IF NOT EXISTS bench_clips_of_user ON clips ("userId");
    ANALYZE clips, users"#,
    drop: "ALTER TABLE users DROP earned; DROP INDEX bench_clips_of_user",
    truth: r#"
    SELECT u.id, u.earned AS spent, coalesce(t.total, 0) AS total FROM users u
    LEFT JOIN (SELECT "userId" AS id, sum(earnings) AS total FROM clips GROUP BY "userId") t USING (id)"#,
    table: "users",
    column: "earned",
    row_adds: r#"
    CREATE FUNCTION bench_other() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE users SET earned = earned + NEW.earnings - OLD.earnings WHERE id = NEW."userId";
      RETURN NULL;
    END $$;
    CREATE TRIGGER bench_other AFTER UPDATE OF earnings ON clips FOR EACH ROW
      WHEN (OLD.earnings IS DISTINCT FROM NEW.earnings) EXECUTE FUNCTION bench_other()"#,
    attach: r#"CREATE EXTENSION spend_sync;
        SELECT FROM spend_sync_attach('users', NULL, 'clips', spent => 'earned', submission_campaign => 'userId', status => NULL,
                                      sync => false)"#,
    keeper: Contender::SpendSync,
    is_beside: false,
};

pub fn of(kind: Kind) -> Option<&'static OtherTotal> {
    match kind {
        Kind::ClipOfTwo => Some(&AUTHORS),
        Kind::ClipOfRow => Some(&SAME_ROW),
        Kind::ClipAlone => Some(&DIRECT),
        _ => None,
    }
}

impl OtherTotal {
    /// Brings the tables, with totals that are right.
    pub fn create(&self, client: &mut Client) -> Result<()> {
        client.batch_execute(self.create)?;
        self.clean(client)
    }

    pub fn drop(&self, client: &mut Client) -> Result<()> {
        Ok(client.batch_execute(self.drop)?)
    }

    pub fn install(&self, client: &mut Client, contender: Contender) -> Result<()> {
        if contender == Contender::RowAdds {
            client.batch_execute(self.row_adds)?;
        } else if contender == self.keeper {
            client.batch_execute(self.attach)?;
        }
        Ok(())
    }

    pub fn uninstall(&self, client: &mut Client, contender: Contender) -> Result<()> {
        if contender == Contender::RowAdds {
            client.batch_execute("DROP FUNCTION IF EXISTS bench_other CASCADE")?;
        } else if contender.is_ours() && !self.is_beside {
            client.batch_execute("DROP EXTENSION spend_sync CASCADE")?;
        }
        Ok(())
    }

    /// How many are not the plain sum; nothing is said of who does not keep it.
    pub fn drifted(&self, client: &mut Client, contender: Contender) -> Result<i64> {
        if contender != self.keeper && (contender != Contender::RowAdds || self.row_adds.is_empty()) {
            return Ok(0);
        }
        let query = format!(
            "SELECT count(*) FROM ({}) x WHERE spent IS DISTINCT FROM total",
            self.truth
        );
        Ok(client.query_one(&query, &[])?.try_get(0)?)
    }

    /// Puts them right.
    pub fn clean(&self, client: &mut Client) -> Result<()> {
        let OtherTotal {
            table, column, truth, ..
        } = self;
        client.batch_execute(&format!(
            "UPDATE {table} a SET {column} = t.total FROM ({truth}) t WHERE t.id = a.id AND a.{column} IS DISTINCT FROM t.total"
        ))?;
        Ok(client.batch_execute(&format!("VACUUM {table}"))?)
    }
}
