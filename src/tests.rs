//! What needs a backend, and is not a story that a regress script tells better: what is restored after an error, what
//! is forgotten in time, what stays bounded.

use crate::catalog;
use crate::errors::{Error, Result};
use crate::pg::snapshot::Sees;
use crate::pg::subtransaction::attempt;
use crate::pg::{collation, snapshot, spi, transaction};
use crate::value::key::{Key, KeyType};
use crate::value::names;
use crate::value::param::Param;
use crate::write::capture;
use crate::write::touched::Touched;
use pgrx::pg_sys::Oid;
use pgrx::prelude::*;
use std::cell::Cell;
use std::cmp::Ordering;

/// Three tables in the names that attach looks for, with two campaigns and three clips.
const TABLES: &str = "
    CREATE TABLE campaigns (id text PRIMARY KEY, title text, spent numeric(10,2) NOT NULL DEFAULT 0);
    CREATE TABLE clips (id text PRIMARY KEY, earnings numeric(10,2));
    CREATE TABLE clip_submissions (
        id int PRIMARY KEY, campaign_id text REFERENCES campaigns, clip_id text REFERENCES clips ON DELETE CASCADE,
        status text NOT NULL);
    CREATE INDEX ON clip_submissions (campaign_id, status);
    CREATE INDEX ON clip_submissions (clip_id);
    INSERT INTO campaigns VALUES ('a', 'A'), ('b', 'B');
    INSERT INTO clips VALUES ('k1', 1), ('k2', 2), ('k3', 4);
    INSERT INTO clip_submissions VALUES
        (1, 'a', 'k1', 'APPROVED'), (2, 'a', 'k2', 'PENDING'), (3, 'b', 'k3', 'APPROVED');
    SELECT spend_sync_attach();";

/// The same tables, flushed at commit.
const AT_COMMIT: &str = "SELECT spend_sync_attach(flush => 'commit', sync => false)";

fn run(sql: &str) {
    Spi::run(sql).unwrap();
}

fn text(sql: &str) -> String {
    Spi::get_one::<String>(sql).unwrap().unwrap_or_default()
}

/// The campaigns whose total is not the plain sum.
fn drifted() -> String {
    text(
        "SELECT coalesce(string_agg(c.id, ' '), '') FROM campaigns c WHERE c.spent IS DISTINCT FROM (
            SELECT coalesce(sum(k.earnings), 0) FROM clip_submissions s JOIN clips k ON k.id = s.clip_id
            WHERE s.campaign_id = c.id AND s.status = 'APPROVED')",
    )
}

fn spent(id: &str) -> String {
    text(&format!(
        "SELECT spent::text FROM campaigns WHERE id = {}",
        names::literal(id)
    ))
}

/// Runs SQL that fails in a subtransaction; gives what the client would see of the error.
fn failure(sql: &str) -> String {
    run(&format!(
        "CREATE TEMP TABLE IF NOT EXISTS failure (said text);
         DO $do$ DECLARE s text; m text; d text; h text; BEGIN
             EXECUTE {};
             INSERT INTO failure VALUES ('nothing failed');
         EXCEPTION WHEN OTHERS THEN
             GET STACKED DIAGNOSTICS s = RETURNED_SQLSTATE, m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL,
                 h = PG_EXCEPTION_HINT;
             INSERT INTO failure VALUES (concat_ws(' | ', s, m, d, h));
         END $do$",
        names::literal(sql)
    ));
    let said = text("SELECT said FROM failure");
    run("TRUNCATE failure");
    said
}

#[pg_schema]
mod tests {
    use super::*;

    #[pg_test]
    fn a_write_is_in_the_total_when_its_statement_ends() {
        run(TABLES);
        assert_eq!((spent("a"), spent("b")), ("1.00".into(), "4.00".into()));
        run("UPDATE clips SET earnings = earnings + 10");
        run("UPDATE clip_submissions SET status = 'APPROVED' WHERE id = 2");
        assert_eq!((spent("a"), spent("b")), ("23.00".into(), "14.00".into()));
    }

    #[pg_test]
    fn a_statement_that_fails_leaves_role_path_and_capture_as_they_were() {
        run(TABLES);
        run(
            "CREATE ROLE writer; GRANT SELECT, UPDATE ON clips TO writer; GRANT CREATE ON SCHEMA public TO writer;
             SET search_path = public, pg_catalog; SET ROLE writer",
        );
        let said = failure("UPDATE clips SET earnings = 'NaN' WHERE id = 'k1'");
        assert!(
            said.starts_with("22003 | the total of a campaign cannot be stored | This role may not read campaigns."),
            "{said}"
        );
        assert_eq!(text("SELECT current_user::text"), "writer");
        assert_eq!(text("SELECT current_setting('search_path')"), "public, pg_catalog");
        assert!(
            !capture::has(|_| true),
            "what the failed statement captured is gone with it"
        );
        run("RESET ROLE");
        assert_eq!(drifted(), "");
    }

    #[pg_test]
    fn the_users_constraint_reaches_the_client_by_name() {
        run(TABLES);
        run(
            "ALTER TABLE campaigns ADD CONSTRAINT within_budget CHECK (spent <= 100);
             CREATE TEMP TABLE seen (constraint_name text, context text);
             DO $$ DECLARE c text; x text; BEGIN
                 UPDATE clips SET earnings = 1000 WHERE id = 'k1';
             EXCEPTION WHEN check_violation THEN
                 GET STACKED DIAGNOSTICS c = CONSTRAINT_NAME, x = PG_EXCEPTION_CONTEXT;
                 INSERT INTO seen VALUES (c, x);
             END $$",
        );
        assert_eq!(text("SELECT constraint_name FROM seen"), "within_budget");
        let context = text("SELECT context FROM seen");
        assert!(
            context.starts_with("SQL statement \"UPDATE \"public\".\"campaigns\""),
            "{context}"
        );
        assert_eq!(drifted(), "");
    }

    #[pg_test]
    fn a_backend_forgets_what_a_changed_table_makes_wrong() {
        run(TABLES);
        run("UPDATE clips SET earnings = 5 WHERE id = 'k1'");
        run("ALTER TABLE clips RENAME COLUMN earnings TO earned");
        run("UPDATE clips SET earned = 6 WHERE id = 'k1'");
        assert_eq!(spent("a"), "6.00", "a rename is followed");
        run("ALTER TABLE clips RENAME COLUMN earned TO earnings");
    }

    #[pg_test]
    fn texts_are_ordered_as_statements_order_them() {
        const TEXTS: &str =
            "'', 'a', 'A', 'b', 'B', 'a b', 'a-b', 'ab', 'e', U&'\\00e9', 'f', 'ss', U&'\\00df', '10', '9', '_', 'Z'";
        let there =
            text("SELECT string_agg(collname, ' ') FROM pg_collation WHERE collname IN ('C', 'default', 'en-x-icu')");
        for collation in there.split(' ') {
            let collation = names::ident(collation);
            let oid = text(&format!(
                "SELECT {}::regcollation::oid::text",
                names::literal(&collation)
            ));
            let oid = Oid::from(oid.parse::<u32>().unwrap());
            let sorted = text(&format!(
                "SELECT string_agg(t, '|' ORDER BY t COLLATE {collation}) FROM unnest(ARRAY[{TEXTS}]) AS t"
            ));
            let sorted: Vec<&str> = sorted.split('|').collect();
            assert_eq!(sorted.len(), 17);
            for pair in sorted.windows(2) {
                assert_eq!(
                    collation::compare(pair[0], pair[1], oid).unwrap(),
                    Ordering::Less,
                    "{pair:?} by {collation}"
                );
                assert_eq!(
                    collation::compare(pair[1], pair[0], oid).unwrap(),
                    Ordering::Greater,
                    "{pair:?}"
                );
            }
        }
    }

    #[pg_test]
    fn a_large_statement_keeps_campaigns_not_rows() {
        run(TABLES);
        let rows = 3 * capture::ROWS_KEPT;
        run(&format!(
            "INSERT INTO clips SELECT 'n' || n, 1 FROM generate_series(1, {rows}) n"
        ));
        run(AT_COMMIT);
        run(&format!(
            "INSERT INTO clip_submissions SELECT n + 10, 'a', 'n' || n, 'APPROVED' FROM generate_series(1, {rows}) n"
        ));
        run("UPDATE clips SET earnings = 2");
        let kept: usize = capture::take(transaction::nest_level(), |_| true)
            .values()
            .map(|touched| touched.rows())
            .sum();
        assert!(
            kept <= 2 * capture::ROWS_KEPT,
            "{kept} rows kept of {rows} links and as many clips"
        );
        run("SET CONSTRAINTS ALL IMMEDIATE; UPDATE clips SET earnings = 3");
        assert_eq!(spent("a"), format!("{}.00", 3 * (rows + 1)));
        assert_eq!(drifted(), "");
    }

    #[pg_test]
    fn savepoints_keep_campaigns_not_rows() {
        run(TABLES);
        run("INSERT INTO clips SELECT 'n' || n, 1 FROM generate_series(1, 50000) n;
             CREATE FUNCTION write(block int) RETURNS void LANGUAGE sql AS $$
                 UPDATE clips SET earnings = earnings + 1
                 WHERE id IN (SELECT 'n' || n FROM generate_series((block - 1) * 9000 + 1, block * 9000) n) $$");
        run(AT_COMMIT);
        run("DO $$ BEGIN FOR block IN 1..5 LOOP
                 BEGIN PERFORM write(block); EXCEPTION WHEN division_by_zero THEN NULL; END;
             END LOOP; END $$");
        let merged = capture::kept(Touched::rows);
        assert!(merged <= 2 * capture::ROWS_KEPT, "{merged} rows kept of merged levels");
        let nested = |before: &str| {
            format!(
                "DO $$ BEGIN {before} PERFORM write(1); BEGIN {before} PERFORM write(2); BEGIN {before} PERFORM write(3);
                 BEGIN {before} PERFORM write(4); BEGIN {before} PERFORM write(5); PERFORM tests.note_rows_kept();
                 EXCEPTION WHEN division_by_zero THEN NULL; END; EXCEPTION WHEN division_by_zero THEN NULL; END;
                 EXCEPTION WHEN division_by_zero THEN NULL; END; EXCEPTION WHEN division_by_zero THEN NULL; END; END $$"
            )
        };
        run(&nested(""));
        let open = NOTED.get();
        assert!(open <= 2 * capture::ROWS_KEPT, "{open} rows kept of open levels");
        run(&nested(
            "SET CONSTRAINTS ALL IMMEDIATE; UPDATE clips SET earnings = 2 WHERE id = 'k1'; SET CONSTRAINTS ALL DEFERRED;",
        ));
        let flushed = NOTED.get();
        assert!(flushed <= 2 * capture::ROWS_KEPT, "{flushed} rows kept for a rollback");
        run("SET CONSTRAINTS ALL IMMEDIATE; UPDATE clips SET earnings = 9 WHERE id = 'k3'");
        assert_eq!(drifted(), "");
    }

    #[pg_test]
    fn what_an_attempt_did_is_rolled_back_also_where_it_panics() {
        run("CREATE TABLE kept (n int)");
        let nest = transaction::nest_level();
        let fails = |with: fn() -> Result<()>| {
            std::panic::catch_unwind(|| {
                attempt(|| {
                    run("INSERT INTO kept VALUES (1)");
                    with()
                })
            })
        };
        assert!(matches!(fails(|| Err(Error::internal("no"))), Ok(Err(_))));
        assert_eq!(transaction::nest_level(), nest);
        let panics = || {
            run("SELECT 1 / 0");
            Ok(())
        };
        assert!(fails(panics).is_err());
        assert_eq!(transaction::nest_level(), nest);
        assert!(matches!(fails(|| Ok(())), Ok(Ok(()))));
        assert_eq!(transaction::nest_level(), nest);
        assert_eq!(text("SELECT count(*)::text FROM kept"), "1");
    }

    #[pg_test]
    fn long_keys_are_kept_by_their_bytes() {
        run(TABLES);
        run(
            "ALTER TABLE clip_submissions DROP CONSTRAINT clip_submissions_clip_id_fkey,
                 DROP CONSTRAINT clip_submissions_campaign_id_fkey;
             CREATE FUNCTION long(n int) RETURNS text IMMUTABLE LANGUAGE sql RETURN repeat('x', 100000) || n",
        );
        run(AT_COMMIT);
        // Links of long clips, of long campaigns, in one statement and level by level.
        run(
            "INSERT INTO clip_submissions SELECT 1000 + n, 'a', long(n), 'APPROVED' FROM generate_series(1, 400) n;
             INSERT INTO clip_submissions SELECT 2000 + n, long(n), 'k1', 'APPROVED' FROM generate_series(1, 400) n",
        );
        let kept = capture::kept(Touched::key_bytes);
        assert!(kept <= 4_000 * capture::ROWS_KEPT, "{kept} bytes kept");
        run("DO $$ BEGIN FOR n IN 1..400 LOOP
                 BEGIN INSERT INTO clip_submissions VALUES (3000 + n, 'b', long(n), 'APPROVED');
                 EXCEPTION WHEN division_by_zero THEN NULL; END;
             END LOOP; END $$");
        let merged = capture::kept(Touched::key_bytes);
        assert!(
            merged <= 4_000 * capture::ROWS_KEPT,
            "{merged} bytes kept of merged levels"
        );
        run("INSERT INTO campaigns SELECT long(5000 + n) FROM generate_series(1, 400) n");
        let new = capture::kept(Touched::key_bytes);
        assert!(new <= 4_000 * capture::ROWS_KEPT, "{new} bytes kept of new campaigns");
        run("INSERT INTO clips VALUES (long(7), 5), (long(400), 6); INSERT INTO campaigns VALUES (long(1)), (long(400));
             SET CONSTRAINTS ALL IMMEDIATE");
        assert_eq!(drifted(), "");
        assert_eq!((spent("a"), spent("b")), ("12.00".to_owned(), "15.00".to_owned()));
        run("UPDATE clips SET earnings = 8 WHERE id IN ('k1', long(7))");
        assert_eq!(drifted(), "");
    }

    thread_local! {
        static NOTED: Cell<usize> = const { Cell::new(0) };
        static DROPPED: Cell<bool> = const { Cell::new(false) };
    }

    /// Notes how many rows are kept amid a statement's savepoints.
    #[pg_extern]
    fn note_rows_kept() {
        NOTED.set(capture::kept(Touched::rows));
    }

    #[pg_test]
    fn an_error_while_a_row_version_is_looked_at_unwinds() {
        run(TABLES);
        DROPPED.set(false);
        let said = failure("SELECT tests.look_at_in_parallel('clips'::regclass, '(0,1)')");
        assert!(said.contains("during a parallel operation"), "{said}");
        assert!(DROPPED.get(), "the error jumped over a frame of ours");
        run("UPDATE clips SET earnings = 5 WHERE id = 'k1'");
        assert_eq!(drifted(), "");
        let current = |place, by| {
            text(&format!(
                "SELECT tests.look_at('clips'::regclass, '(0,{place})', {by})::text"
            ))
        };
        assert_eq!(
            (current(1, 0), current(2, 0)),
            ("false".into(), "true".into()),
            "k1 has another"
        );
        assert_eq!(current(2, 1), "false", "the place is another row's by now");
    }

    #[pg_test]
    fn a_row_version_of_a_table_emptied_or_dropped_is_not_current() {
        run(TABLES);
        run("CREATE TABLE others AS SELECT 1 AS n");
        let current = |table: &str| text(&format!("SELECT tests.look_at({table}, '(0,1)', 0)::text"));
        assert_eq!(current("'others'::regclass"), "true");
        run("TRUNCATE others");
        assert_eq!(current("'others'::regclass"), "false");
        let gone = text("SELECT 'others'::regclass::oid::text");
        run("DROP TABLE others");
        assert_eq!(current(&gone), "false");
    }

    struct SaysDropped;

    impl Drop for SaysDropped {
        fn drop(&mut self) {
            DROPPED.set(true);
        }
    }

    /// Looks at a version that the transaction `later` after this one has written.
    #[pg_extern]
    fn look_at(table: Oid, place: &str, later: i64) -> Result<bool, pgrx::pg_sys::panic::ErrorReport> {
        let own: i64 = text("SELECT pg_current_xact_id()::text").parse().unwrap();
        let version = snapshot::RowVersion::parse(table, place, &(own + later).to_string());
        snapshot::is_current(version.unwrap()).map_err(crate::pg::error::raised)
    }

    /// Looks where PostgreSQL takes no new snapshot, which is an error.
    #[pg_extern]
    fn look_at_in_parallel(table: Oid, place: &str) -> Result<bool, pgrx::pg_sys::panic::ErrorReport> {
        let version = snapshot::RowVersion::parse(table, place, "3").unwrap();
        let looked = {
            let _says = SaysDropped;
            transaction::enter_parallel_mode();
            snapshot::is_current(version)
        };
        looked.map_err(crate::pg::error::raised)
    }

    #[pg_test]
    fn a_flush_in_a_savepoint_that_is_rolled_back_is_owed_again() {
        run(TABLES);
        run(AT_COMMIT);
        run("UPDATE clips SET earnings = 7 WHERE id = 'k1'");
        run("DO $$ BEGIN
                 SET CONSTRAINTS ALL IMMEDIATE;
                 UPDATE clips SET earnings = 8 WHERE id = 'k3';
                 RAISE EXCEPTION 'back';
             EXCEPTION WHEN OTHERS THEN NULL; END $$");
        assert_eq!(drifted(), "a", "flushed with k3, undone with it, owed until commit");
        assert!(capture::has(|_| true));
        run("SET CONSTRAINTS ALL IMMEDIATE; UPDATE clips SET earnings = 9 WHERE id = 'k3'");
        assert_eq!(drifted(), "");
    }

    #[pg_test]
    fn a_plan_made_on_empty_tables_is_none_to_regret() {
        run(TABLES);
        run("TRUNCATE campaigns, clips, clip_submissions; INSERT INTO campaigns VALUES ('a')");
        let write = "INSERT INTO clips VALUES ('k' || n, 1); INSERT INTO clip_submissions VALUES (n, 'a', 'k' || n, 'APPROVED');
                     UPDATE clips SET earnings = 2 WHERE id = 'k' || n;";
        run(&format!("DO $$ BEGIN FOR n IN 1..20 LOOP {write} END LOOP; END $$"));
        let scans = || {
            text(
                "SELECT string_agg(relname || ' ' || seq_scan, ', ' ORDER BY relname)
                             FROM pg_stat_xact_user_tables WHERE relname IN ('campaigns', 'clips', 'clip_submissions')",
            )
        };
        let before = scans();
        run(&format!(
            "SET enable_seqscan = on; DO $$ BEGIN FOR n IN 21..60 LOOP {write} END LOOP; END $$"
        ));
        assert_eq!(scans(), before);
        assert_eq!(spent("a"), "120.00");
    }

    #[pg_test]
    fn a_sum_is_not_compiled_at_each_write() {
        run(TABLES);
        run("SELECT spend_sync_attach()"); // a new binding, which finds nothing to sum
        run("INSERT INTO clips VALUES ('unlinked', 1); UPDATE clips SET earnings = 2 WHERE id = 'unlinked'");
        run("SET jit = on; SET jit_above_cost = 9; SET enable_seqscan = off");
        run("UPDATE clips SET earnings = 5 WHERE id = 'k1'");
        run("SET jit = off");
        assert_eq!(spent("a"), "5.00");
        let compiler =
            text("SELECT count(*)::text FROM regexp_matches(pg_read_file('/proc/self/maps'), 'llvmjit', 'g')");
        assert_eq!(compiler, "0", "the compiler was loaded into this backend");
    }

    #[pg_test]
    fn money_and_keys_reach_postgresql_as_they_are() {
        let keys = ["", "it's", "a\"b\\c", "ä\n,{}NULL"].map(|text| Key::Text(text.into()));
        let rows = spi::query(
            "SELECT k FROM pg_catalog.unnest($1) WITH ORDINALITY AS u (k, n) ORDER BY n",
            &[Param::Keys(KeyType::Text, &keys)],
            Sees::Latest,
        );
        let back: Vec<Key> = rows
            .unwrap()
            .iter()
            .map(|row| Key::Text(row.text(0).unwrap().into()))
            .collect();
        assert_eq!(back, keys);
        let name = "it's \"quoted\" \\ 100% {}";
        run(&format!("CREATE TABLE {} (a int)", names::ident(name)));
        let oid = text(&format!(
            "SELECT oid::text FROM pg_class WHERE relname = {}",
            names::literal(name)
        ));
        let table = catalog::relation(Oid::from(oid.parse::<u32>().unwrap()))
            .unwrap()
            .unwrap();
        assert_eq!(table.name.table, name);
    }
}
