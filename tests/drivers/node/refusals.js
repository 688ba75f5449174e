// What reaches the error object and the notice handler; and that the connection is usable afterwards.
import { equal } from './checks.js';
import { KEYS, agrees, drift, earn, refused, spent, transaction } from './platforms.js';

const key = KEYS.by_text;

export async function overflow(client) {
  const query = 'UPDATE by_text.clips SET earnings = 999999999999999999.99 WHERE id IN ($1, $2)';
  const error = await refused(client, '22003', query, [key(1), key(7)]);
  equal(error.message, `the total of campaign "${key(1)}" cannot be stored`);
  equal(error.detail, 'Its approved clips earned 2000000000000000032.48 in all;'
    + ' column spent of by_text.campaigns is of type numeric(20,2).');
  equal(error.hint.length > 0, true);
  await agrees(client);
}

export async function unknownCampaign(client) {
  const error = await refused(client, 'P0002', "SELECT sync_campaign($1, 'by_text.campaigns')", [key(99)]);
  equal([error.message, error.detail, error.hint], [
    `campaign "${key(99)}" does not exist`,
    'Table by_text.campaigns has no row with this key.',
    'spend_sync_status() lists all campaigns with their keys.',
  ]);
  await agrees(client);
}

export async function directWrite(client) {
  const error = await refused(client, '428C9', 'UPDATE by_smallint.campaigns SET spent = 1 WHERE id = $1', [1]);
  equal(error.message, 'column spent of campaign "1" cannot be written directly');
  equal(Boolean(error.detail && error.hint), true);
  await agrees(client);
}

// The user's own constraint: its name is what the application asks for.
export async function hardBudget(client) {
  await client.query('UPDATE by_text.campaigns SET budget = spent + 1 WHERE id = $1', [key(1)]);
  const query = 'UPDATE by_text.clips SET earnings = earnings + 1.01 WHERE id = $1';
  const error = await refused(client, '23514', query, [key(1)]);
  equal([error.constraint, error.schema, error.table], ['within_budget', 'by_text', 'campaigns']);
  await agrees(client);
}

// Where totals are brought up at commit it is the COMMIT that fails, and the same error object that comes.
export async function hardBudgetAtCommit(client) {
  const before = await spent(client, 'at_commit', 1);
  await client.query('UPDATE at_commit.campaigns SET budget = spent + 1 WHERE id = $1', [key(1)]);
  const overrun = transaction(client, () => earn(client, 'at_commit', 1, '1.01'));
  const error = await overrun.then(() => 'the budget was overrun', (failure) => failure);
  equal([error.code, error.constraint], ['23514', 'within_budget']);
  equal(await spent(client, 'at_commit', 1), before);
  await agrees(client);
}

export async function repairReportsProgress(client) {
  const notices = [];
  client.on('notice', ({ severity, message }) => notices.push([severity, message.split(',')[0]]));
  await drift(client, 'by_uuid', '7');
  await client.query("CALL spend_sync_repair('by_uuid.campaigns', batch_size => 4)");
  equal(notices, [0, 4, 6].map((n) => ['INFO', `${n} of 6 campaigns done`]));
  await agrees(client);
}

export async function repairInATransaction(client) {
  await client.query('BEGIN');
  await refused(client, '2D000', "CALL spend_sync_repair('by_uuid.campaigns')");
  await client.query('ROLLBACK');
  await agrees(client);
}
