//! Findings that attach warns of too: what is slow, or perhaps misspelt.

use crate::catalog;
use crate::catalog::shape::Shape;
use crate::catalog::{Column, Relation, Strange, TriggerFunction, Unique};
use crate::errors::{Result, listed};
use crate::pg::name;
use crate::pg::snapshot::Sees;
use crate::{binding, statements};

/// One finding; nothing found means healthy.
#[derive(PartialEq, Eq)]
pub struct Finding {
    /// "error": totals may be wrong or writes fail; "warning": they are slow, rounded, or were wrong lately.
    pub severity: &'static str,
    pub object: String,
    pub problem: String,
    /// What to do; SQL where SQL does it.
    pub advice: String,
}

/// The indexes that every write needs: the submissions of a clip, those of a campaign. Of a direct source only sums need one.
pub fn missing_indexes(shape: &Shape) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let submissions = &shape.submissions;
    let by_clip = shape.clips.iter().map(|clips| (&clips.link, "clip"));
    let who = if shape.clips.is_some() {
        "each write"
    } else {
        "each sum"
    };
    for (key, of) in by_clip.chain([(&shape.submission_campaign, "campaign")]) {
        if !catalog::has_index(submissions.oid, &catalog::numbers(key))? {
            let columns = match key.as_slice() {
                [column] => format!("column {}", name::display_name(&column.name)),
                several => format!("columns {}", catalog::listed(several)),
            };
            findings.push(Finding {
                severity: "warning",
                object: submissions.display(),
                problem: format!("no index begins with {columns}: {who} reads all submissions to find those of a {of}"),
                advice: create_index(submissions, key),
            });
        }
    }
    Ok(findings)
}

/// Clips are known by what is unique in each partition alone, and several have one key: as it is, or by a mistake.
pub fn doubled_clips(shape: &Shape) -> Result<Option<Finding>> {
    let (Some(clips), Some(names)) = (&shape.clips, binding::names_of(shape).clips) else {
        return Ok(None);
    };
    if catalog::is_unique(clips.table.oid, &catalog::column_names(&clips.id), Unique::AtCommit)? {
        return Ok(None);
    }
    let rows = binding::look(shape, &statements::doubled_clip(&names), &[], Sees::Latest)?;
    const WHOLE: &str = "If it means one of them, name the whole key: spend_sync_attach(clip_id => '{a,b}', submission_clip => '{c,d}', ...).";
    let finding = |key: &str| Finding {
        severity: "warning",
        object: clips.table.display(),
        problem: format!("several clips have the key \"{key}\": a submission of it counts all of them"),
        advice: WHOLE.to_owned(),
    };
    Ok(rows.first().and_then(|row| row.get(0)).map(finding))
}

/// Submissions have these statuses, and none of them counts: one is spelt otherwise, perhaps.
pub fn none_counts(shape: &Shape, present: &[String]) -> Vec<Finding> {
    vec![Finding {
        severity: "warning",
        object: shape.total(),
        problem: format!("no row of {} has a status that counts", shape.submissions.display()),
        advice: format!("Its statuses are {}; see the argument approved.", listed(present)),
    }]
}

/// Columns of the submissions that look like a share of a clip: it is none of the total's.
pub fn shares(shape: &Shape) -> Result<Vec<Finding>> {
    if shape.clips.is_none() {
        return Ok(Vec::new());
    }
    const LIKE: [&str; 10] = [
        "share",
        "percent",
        "pct",
        "split",
        "ratio",
        "portion",
        "fraction",
        "weight",
        "alloc",
        "commission",
    ];
    let submissions = &shape.submissions;
    let is_share = |column: &Column| {
        let name = column.name.to_lowercase();
        column.money().is_some() && LIKE.iter().any(|like| name.contains(like))
    };
    let finding = |column: Column| Finding {
        severity: "warning",
        object: submissions.display(),
        problem: format!(
            "column {} looks like a share of a clip; each submission counts its clip whole",
            name::display_name(&column.name)
        ),
        advice: "Where submissions share a clip, give each a clip of its own, which earns its share.".to_owned(),
    };
    let columns = catalog::columns(submissions.oid)?.into_iter();
    Ok(columns.filter(is_share).map(finding).collect())
}

/// The total and what is summed have other units, by their names: cents beside what has decimals.
pub fn units(shape: &Shape) -> Option<Finding> {
    const MINOR: [&str; 3] = ["cent", "pence", "minor"];
    let is_minor = |column: &Column| {
        let name = column.name.to_lowercase().replace("percent", "");
        MINOR.iter().any(|unit| name.contains(unit))
    };
    let (spent, earnings) = (&shape.spent, shape.earnings.as_ref()?);
    (is_minor(spent) != is_minor(earnings)).then(|| Finding {
        severity: "warning",
        object: shape.total(),
        problem: format!(
            "columns {} and {} seem to be of different units; the sum is stored as it is",
            name::display_name(&spent.name),
            name::display_name(&earnings.name)
        ),
        advice: "Sum a column in the units of the total: one generated from the other, say.".to_owned(),
    })
}

/// A partitioned table's index cannot be created concurrently.
fn create_index(table: &Relation, columns: &[Column]) -> String {
    let concurrently = if table.is_partitioned() { "" } else { "CONCURRENTLY " };
    format!(
        "CREATE INDEX {concurrently}ON {} ({});",
        table.display(),
        catalog::listed(columns)
    )
}

/// Unique indexes that the total stands in. A row of theirs is locked against all that refer to it when its total is written: whoever has
/// made a link to a campaign holds that already, and two of them wait for each other.
pub fn unique_totals(shape: &Shape) -> Result<Vec<Finding>> {
    let finding = |index: String| Finding {
        severity: "warning",
        object: shape.total(),
        problem: format!(
            "it stands in the key of unique index {}: two transactions that make links of one campaign can deadlock",
            name::display_name(&index)
        ),
        advice: "Make the index anew, with the column in INCLUDE, or not UNIQUE.".to_owned(),
    };
    let indexes = catalog::unique_indexes_over(shape.campaigns.oid, shape.spent.number)?;
    Ok(indexes.into_iter().map(finding).collect())
}

/// Triggers that write campaigns for each row of submissions: a counter, say. A new link locks its clip, and then its campaign; they have
/// the campaign first.
pub fn row_writers(shape: &Shape) -> Result<Vec<Finding>> {
    if shape.clips.is_none() {
        return Ok(Vec::new());
    }
    let (campaigns, submissions) = (&shape.campaigns, &shape.submissions);
    let finding = |trigger: String| {
        Finding {
        severity: "warning",
        object: submissions.display(),
        problem: format!(
            "trigger {} seems to write {} row by row, before clips of new links are locked: it can deadlock with statements over many clips",
            name::display_name(&trigger),
            campaigns.display()
        ),
        advice: "If it counts, a total does so in order: spend_sync_attach(clips => NULL, spent => '...', count => true, status => NULL). Else \
                 write campaigns by a statement of their own, after the links."
            .to_owned(),
    }
    };
    let triggers = catalog::row_triggers_writing(submissions.oid, &campaigns.name.table)?;
    Ok(triggers.into_iter().map(finding).collect())
}

/// Functions of triggers on campaigns that have no search path of their own. They run as the owner of the tables for whoever
/// writes a clip; what they find by a bare name should be what their author meant.
pub fn functions_without_path(shape: &Shape) -> Result<Vec<Finding>> {
    let schema = &shape.campaigns.name.schema;
    let finding = |function: &TriggerFunction| Finding {
        severity: "warning",
        object: function.sql.clone(),
        problem: format!(
            "trigger {} on {} calls it as the owner of the tables, and it has no search_path of its own",
            name::display_name(&function.trigger),
            shape.campaigns.display()
        ),
        advice: set_path(function, &[&function.schema, schema]),
    };
    let functions = catalog::trigger_functions_without_path(shape.campaigns.oid)?;
    Ok(functions.iter().map(finding).collect())
}

/// The same of event triggers: they fire for commands of spend_sync's own too, which run with PostgreSQL's names alone in sight.
pub fn event_functions_without_path() -> Result<Vec<Finding>> {
    let finding = |function: &TriggerFunction| Finding {
        severity: "warning",
        object: function.sql.clone(),
        problem: format!(
            "event trigger {} calls it, for commands of spend_sync's own too, and it has no search_path of its own",
            name::display_name(&function.trigger)
        ),
        advice: set_path(function, &[&function.schema]),
    };
    let functions = catalog::event_trigger_functions_without_path()?;
    Ok(functions.iter().map(finding).collect())
}

/// Functions and domains of others that stand in the tables: a store, or a look at totals, runs them as the owner of the tables.
pub fn code_of_others(shape: &Shape) -> Result<Vec<Finding>> {
    let campaigns = &shape.campaigns;
    let mut written = catalog::partition_oids(campaigns.oid)?;
    written.push(campaigns.oid);
    let read = catalog::with_partitions(shape.tables().all())?;
    let owner = name::display_name(&campaigns.owner_name);
    let finding = |code: &Strange| {
        let Strange { kind, sql, owner: role } = code;
        Finding {
            severity: "warning",
            object: sql.clone(),
            problem: format!(
                "it belongs to {}, and runs as {owner} when a total of {} is looked at or stored",
                name::display_name(role),
                campaigns.display()
            ),
            advice: format!("ALTER {kind} {sql} OWNER TO {owner};"),
        }
    };
    let all = catalog::code_of_others(&written, &read, campaigns.owner)?;
    Ok(all.iter().map(finding).collect())
}

/// What makes PostgreSQL unsure how to compare two statuses.
pub fn implicit_cast(shape: &Shape) -> Result<Option<Finding>> {
    let Some(status) = shape.status.as_ref().filter(|status| status.is_enum) else {
        return Ok(None);
    };
    let cast = catalog::implicit_cast(status.base_type)?;
    Ok(cast.map(|(kind, target)| Finding {
        severity: "error",
        object: format!("{}.{}", shape.submissions.display(), name::display_name(&status.name)),
        problem: format!(
            "an IMPLICIT cast from {kind} to {target} keeps PostgreSQL from comparing two statuses; writes may fail"
        ),
        advice: format!("DROP CAST ({kind} AS {target}); CREATE CAST ({kind} AS {target}) WITH INOUT AS ASSIGNMENT;"),
    }))
}

fn set_path(function: &TriggerFunction, schemas: &[&String]) -> String {
    let mut path: Vec<String> = schemas.iter().map(|schema| name::display_name(schema)).collect();
    path.dedup();
    format!(
        "ALTER FUNCTION {} SET search_path = pg_catalog, {}, pg_temp;",
        function.sql,
        path.join(", ")
    )
}
