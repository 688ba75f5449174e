// Bind parameters of every type of key; results that are exact.
import { equal } from './checks.js';
import { KEYS, agrees, cents, drift, earn, refused, row, spent, transaction } from './platforms.js';

// The natural call, whatever JavaScript type the key has: node-postgres sends every value untyped, as text, and
// PostgreSQL takes sync_campaign(text), which reads the key.
export async function bindsKeys(client, schema) {
  const key = KEYS[schema](3);
  const before = await spent(client, schema, 3);
  await drift(client, schema, '10.50');
  const result = await row(client, 'SELECT * FROM sync_campaign($1, $2)', [key, `${schema}.campaigns`]);
  equal(result.campaign_id, String(key));
  equal(result.title, 'Campaign 3');
  equal(cents(result.old_spent) - cents(before), 1050n);
  equal([result.new_spent, result.difference, result.approved_clips], [before, '-10.50', '4']);
  await client.query('SELECT FROM sync_all_campaigns($1)', [`${schema}.campaigns`]);
  await agrees(client);
}

// A cast chooses another overload, and the type that the parameter is sent for.
export async function bindsTypedKeys(client) {
  const types = { by_text: 'text', by_bigint: 'bigint', by_uuid: 'uuid', by_integer: 'integer' };
  for (const [schema, type] of Object.entries(types)) {
    const query = `SELECT campaign_id FROM sync_campaign($1::${type}, '${schema}.campaigns')`;
    equal((await row(client, query, [KEYS[schema](2)])).campaign_id, String(KEYS[schema](2)));
  }
}

export async function numbersLoseBigintKeys(client) {
  const lost = Number(KEYS.by_bigint(3));
  await refused(client, 'P0002', "SELECT sync_campaign($1, 'by_bigint.campaigns')", [lost]);
}

export async function findsTheTable(client) {
  await transaction(client, async () => {
    await client.query('SET LOCAL search_path = by_uuid, public');
    const result = await row(client, 'SELECT campaign_id FROM sync_campaign($1)', [KEYS.by_uuid(1)]);
    equal(result, { campaign_id: KEYS.by_uuid(1) });
  });
}

export async function totalsAreStrings(client) {
  await earn(client, 'by_bigint', 1, '9007199254740993.07');
  equal(await spent(client, 'by_bigint', 1), '9007199254741034.07');
  await drift(client, 'by_bigint', null);
  equal(await row(client, "SELECT * FROM spend_sync_status('by_bigint.campaigns')"), {
    campaign_id: String(KEYS.by_bigint(1)),
    title: 'Campaign 1',
    recorded_spent: null,
    actual_spent: '9007199254741034.07',
    difference: '9007199254741034.07',
    needs_sync: true,
    approved_clips: '4',
    total: 'by_bigint.campaigns.spent',
  });
  const result = await row(client, "SELECT * FROM sync_campaign($1, 'by_bigint.campaigns')", [KEYS.by_bigint(1)]);
  equal([result.old_spent, result.new_spent, result.difference], [null, '9007199254741034.07', '9007199254741034.07']);
  await client.query("SELECT FROM sync_all_campaigns('by_bigint.campaigns')");
  await agrees(client);
}

// JSON.parse, by which node-postgres reads jsonb, makes a float of each number: take text.
export async function reportIsExact(client) {
  const report = "spend_sync_report('by_bigint.campaigns')";
  const first = await row(client, `SELECT ${report} #>> '{campaigns,0,recordedSpent}' AS spent, ${report} AS parsed`);
  equal(first.spent, '9007199254741034.07');
  equal(first.parsed.campaigns[0].recordedSpent, 9007199254741034);
  equal(first.parsed.summary, { total: 6, needsSync: 0, inSync: 6, totalDifference: 0 });
  await earn(client, 'by_bigint', 1, '-9007199254740993.07');
}
