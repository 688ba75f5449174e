// Savepoints, totals flushed at statements and at commit, isolation levels, and the retry that concurrent writers need.
import { equal } from './checks.js';
import { FLUSHED, KEYS, agrees, cents, connected, earn, spent, transaction, withRetry } from './platforms.js';

// Within the transaction the total moves after each statement, or when it commits.
export async function savepoints(client, flush) {
  const schema = FLUSHED[flush];
  const before = await spent(client, schema, 2);
  await transaction(client, async () => {
    await earn(client, schema, 2);
    equal(cents(await spent(client, schema, 2)) - cents(before), flush === 'statement' ? 125n : 0n);
    await client.query('SAVEPOINT doubtful');
    await earn(client, schema, 8, '100');
    await client.query('ROLLBACK TO SAVEPOINT doubtful');
    await earn(client, schema, 14);
  });
  equal(cents(await spent(client, schema, 2)) - cents(before), 250n);
  await agrees(client);
}

// A transaction that wants its totals now, and from then on after each statement, says so; the next is as before.
export async function atOnce(client) {
  const before = cents(await spent(client, 'at_commit', 3));
  const moved = async () => cents(await spent(client, 'at_commit', 3)) - before;
  await transaction(client, async () => {
    await earn(client, 'at_commit', 3);
    equal(await moved(), 0n);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    equal(await moved(), 125n);
    await earn(client, 'at_commit', 9);
    equal(await moved(), 250n);
  });
  await transaction(client, async () => {
    await earn(client, 'at_commit', 3);
    equal(await moved(), 250n);
  });
  equal(await moved(), 375n);
  await agrees(client);
}

export async function rollbacks(client, flush) {
  const schema = FLUSHED[flush];
  const before = await spent(client, schema, 2);
  await client.query('BEGIN');
  await earn(client, schema, 2, '1000');
  await client.query('ROLLBACK');
  equal(await spent(client, schema, 2), before);
  await agrees(client);
}

// Another's commit after the first look ends in 40001; the second attempt goes through.
export async function isolation(client, level, flush) {
  const schema = FLUSHED[flush];
  const before = await spent(client, schema, 4);
  let attempts = 0;
  await connected((other) => withRetry(client, async () => {
    await client.query(`SET TRANSACTION ISOLATION LEVEL ${level}`);
    await spent(client, schema, 4);
    if (attempts === 0) await earn(other, schema, 10);
    attempts += 1;
    await earn(client, schema, 4);
  }));
  equal(attempts, level === 'READ COMMITTED' ? 1 : 2);
  equal(cents(await spent(client, schema, 4)) - cents(before), 250n);
  await agrees(client);
}

// Two transactions that write two campaigns' clips in opposite order: 40P01 for one, which is tried again. Who waits
// does not always go first then, so that it may take more than one attempt.
export async function deadlock(client) {
  const totals = () => Promise.all([1, 2].map((n) => spent(client, 'by_integer', n)));
  const before = await totals();
  let attempts = 0;
  let bothHoldOne;
  const held = new Promise((resolve) => { bothHoldOne = resolve; });
  const writer = (first, second) => connected((own) => withRetry(own, async () => {
    await earn(own, 'by_integer', first);
    attempts += 1;
    if (attempts === 2) bothHoldOne();
    await held;
    await earn(own, 'by_integer', second);
  }));
  await Promise.all([writer(1, 2), writer(8, 7)]);
  equal(attempts > 2, true);
  equal((await totals()).map((total, n) => cents(total) - cents(before[n])), [250n, 250n]);
  await agrees(client);
}

export async function documented(client) {
  const [clip, campaign] = [KEYS.by_uuid(26), KEYS.by_uuid(2)];
  const approved = await withRetry(client, async () => {
    await client.query(`UPDATE by_uuid.clip_submissions SET status = 'APPROVED' WHERE "clipId" = $1`, [clip]);
    return client.query('SELECT spent FROM by_uuid.campaigns WHERE id = $1', [campaign]);
  });
  const synced = await client.query("SELECT * FROM sync_campaign($1, 'by_uuid.campaigns')", [campaign]);
  const { spent: total } = approved.rows[0];
  equal(synced.rows, [{
    campaign_id: campaign,
    title: 'Campaign 2',
    old_spent: total,
    new_spent: total,
    difference: '0.00',
    approved_clips: '5',
    total: 'by_uuid.campaigns.spent',
  }]);
  await agrees(client);
}
