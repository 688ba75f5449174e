//! What an application would write first: statement triggers that sum, without a lock. They are right for one client
//! and wrong for several; `--naive` shows with them that the checker finds drift, and finds none where there is none.

use anyhow::{Context, Result};
use postgres::Client;

use crate::oracle;
use crate::schema::Schema;

/// Brings the totals to the truth once and leaves the rest to the triggers.
pub fn create_triggers(client: &mut Client, schema: &Schema) -> Result<()> {
    let name = schema.name;
    let of_campaigns = schema.totals.iter().filter(|total| total.campaigns == "campaigns");
    let updates = of_campaigns.map(|total| {
        let (column, sum) = (total.column, oracle::sum_of_campaign(total, "k.id"));
        format!("UPDATE {name}.campaigns k SET {column} = {sum} WHERE k.{column} IS DISTINCT FROM {sum}")
    });
    let update = updates.collect::<Vec<_>>().join("; ");
    // The function's own UPDATE fires the trigger of campaigns again, where there is nothing left to do.
    let function = format!(
        "CREATE FUNCTION {name}.sum_spent() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF TG_TABLE_NAME <> 'campaigns' OR pg_trigger_depth() = 1 THEN {update}; END IF;
             RETURN NULL;
         END $$;"
    );
    let triggers: String = schema
        .tables()
        .iter()
        .map(|table| {
            format!(
                "CREATE TRIGGER naive AFTER INSERT OR UPDATE OR DELETE ON {name}.{table}
                 FOR EACH STATEMENT EXECUTE FUNCTION {name}.sum_spent();"
            )
        })
        .collect();
    client
        .batch_execute(&format!("{update}; {function} {triggers}"))
        .with_context(|| format!("naive triggers of {name}"))
}
