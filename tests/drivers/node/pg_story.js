// What an application does through node-postgres: directly, and (DRIVERS_POOLED) through PgBouncer in transaction mode.
import { Checks } from './checks.js';
import { KEYS, POOLED, agrees, connected, connectedWith } from './platforms.js';
import * as refusals from './refusals.js';
import * as statements from './statements.js';
import * as transactions from './transactions.js';
import * as values from './values.js';

const checks = new Checks(POOLED ? 'node-postgres through PgBouncer' : 'node-postgres');

// Each on a connection of its own.
const check = (name, work, ...args) => checks.check(name, () => connected(work, ...args));

for (const schema of Object.keys(KEYS)) {
  await check(`bind parameters of ${schema.slice(3)} keys`, values.bindsKeys, schema);
}
await check('bind parameters with a cast', values.bindsTypedKeys);
await check('a bigint key as a Number is another key', values.numbersLoseBigintKeys);
await check('the campaigns table by search path', values.findsTheTable);
await check('totals are strings; a NULL old_spent is null', values.totalsAreStrings);
await check("the report's numbers are exact, as text", values.reportIsExact);
if (!POOLED) {
  await check('prepared statements with generic plans, across detach and attach', statements.preparedStatementsFollow);
}
const pipelined = (name, work) => checks.check(name, () => connectedWith({ pipeline: true }, work));
await pipelined('a pipeline', statements.pipelines);
await pipelined('a pipeline, one query of which fails', statements.abortedPipeline);
for (const schema of ['by_text', 'by_bigint', 'by_uuid']) {
  await check(`COPY of clips and submissions, ${schema.slice(3)} keys`, statements.copies, schema);
}
for (const flush of ['statement', 'commit']) {
  await check(`savepoints, flush = ${flush}`, transactions.savepoints, flush);
  await check(`a rolled back transaction, flush = ${flush}`, transactions.rollbacks, flush);
}
await check('SET CONSTRAINTS ALL IMMEDIATE brings up what waits', transactions.atOnce);
for (const level of ['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE']) {
  for (const flush of ['statement', 'commit']) {
    await check(`two writers of one campaign, ${level}, flush = ${flush}`, transactions.isolation, level, flush);
  }
}
await check('a deadlock is tried again', transactions.deadlock);
await check('22003: a total that does not fit', refusals.overflow);
await check('P0002: no such campaign', refusals.unknownCampaign);
await check('428C9: a direct write that is rejected', refusals.directWrite);
await check("23514: the user's constraint, by name", refusals.hardBudget);
await check("23514: the user's constraint, at commit", refusals.hardBudgetAtCommit);
await check('CALL spend_sync_repair() reports progress', refusals.repairReportsProgress);
await check('CALL spend_sync_repair() in a transaction: 2D000', refusals.repairInATransaction);
await check('the lines of docs/drivers.md', transactions.documented);
await check('every total equals the plain sum', agrees);
checks.finish();
