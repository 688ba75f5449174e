// Statements that are prepared, queued, or streamed by COPY.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from } from 'pg-copy-streams';
import { equal } from './checks.js';
import { KEYS, agrees, cents, connected, earn, refused, row, spent, transaction } from './platforms.js';

// Generic plans, used while another session detaches and attaches. A statement with a name stays prepared.
export async function preparedStatementsFollow(client) {
  const update = { name: 'earn', text: 'UPDATE by_bigint.clips SET earnings = earnings + $1 WHERE id = $2' };
  const sync = { name: 'sync', text: "SELECT new_spent FROM sync_campaign($1, 'by_bigint.campaigns')" };
  const earns = () => client.query({ ...update, values: ['0.10', KEYS.by_bigint(2)] });
  const syncs = async () => (await client.query({ ...sync, values: [KEYS.by_bigint(2)] })).rows[0].new_spent;
  for (let turn = 0; turn < 12; turn += 1) {
    await earns();
    equal(await syncs(), await spent(client, 'by_bigint', 2));
  }
  const generic = "SELECT count(*) FROM pg_prepared_statements WHERE generic_plans > 0 AND name IN ('earn', 'sync')";
  equal(await row(client, generic), { count: '2' });
  const before = await spent(client, 'by_bigint', 2);
  await connected(async (other) => {
    await other.query("SELECT spend_sync_detach('by_bigint.campaigns')");
    await earns();
    equal(await spent(client, 'by_bigint', 2), before);
    await refused(client, '55000', { ...sync, values: [KEYS.by_bigint(2)] });
    const tables = ['by_bigint.campaigns', 'by_bigint.clips', 'by_bigint.clip_submissions'];
    const attached = await row(other, 'SELECT corrected, total_difference FROM spend_sync_attach($1, $2, $3)', tables);
    equal(attached, { corrected: '1', total_difference: '0.10' });
  });
  await earns();
  equal(cents(await syncs()) - cents(before), 20n);
  await agrees(client);
}

// Queries that nobody waits for one by one, of a client with `pipeline: true`: they go out at once, in this order.
export async function pipelines(client) {
  const before = await spent(client, 'by_uuid', 1);
  const [, , , , result] = await Promise.all([
    client.query('BEGIN'),
    ...[1, 7, 13].map((clip) => earn(client, 'by_uuid', clip)),
    client.query('SELECT spent FROM by_uuid.campaigns WHERE id = $1', [KEYS.by_uuid(1)]),
    client.query('COMMIT'),
  ]);
  equal(cents(result.rows[0].spent) - cents(before), 375n);
  await agrees(client);
}

export async function abortedPipeline(client) {
  const before = await spent(client, 'by_uuid', 1);
  const outcomes = await Promise.allSettled([
    client.query('BEGIN'),
    earn(client, 'by_uuid', 1),
    earn(client, 'by_uuid', 7, '999999999999999999.99'),
    earn(client, 'by_uuid', 13),
    client.query('COMMIT'),
  ]);
  equal(outcomes.map(({ reason }) => reason?.code), [undefined, undefined, '22003', '25P02', undefined]);
  equal(await spent(client, 'by_uuid', 1), before);
  await agrees(client);
}

function copy(client, target, rows) {
  const lines = rows.map((columns) => `${columns.join('\t')}\n`);
  return pipeline(Readable.from(lines), client.query(from(`COPY ${target} FROM STDIN`)));
}

export async function copies(client, schema) {
  const [key, before] = [KEYS[schema], await spent(client, schema, 5)];
  const numbers = Array.from({ length: 50 }, (_, n) => 1000 + n);
  await transaction(client, async () => {
    await copy(client, `${schema}.clips (id, earnings)`, numbers.map((n) => [key(n), '2.50']));
    const links = numbers.map((n) => [key(n), key(5), key(n), 'APPROVED']);
    await copy(client, `${schema}.clip_submissions (id, "campaignId", "clipId", status)`, links);
  });
  equal(cents(await spent(client, schema, 5)) - cents(before), 12500n);
  await agrees(client);
}
