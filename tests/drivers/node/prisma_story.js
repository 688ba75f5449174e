// What an application does through Prisma's client, with the engine in WebAssembly and node-postgres as its driver.
import { PrismaPg } from '@prisma/adapter-pg';
import prismaClient from '@prisma/client';
import { Checks, equal } from './checks.js';

const { Prisma, PrismaClient } = prismaClient;
const checks = new Checks('Prisma');
// PGHOST and the like say where.
const prisma = new PrismaClient({ adapter: new PrismaPg({}) });

const earn = (db, id) => db.clips.update({ where: { id }, data: { earnings: { increment: '1.25' } } });
const spent = async (db, id) => (await db.campaigns.findUniqueOrThrow({ where: { id } })).spent;

// Decimal to Decimal: a total is never a Number.
function equalMoney(actual, expected) {
  equal(Prisma.Decimal.isDecimal(actual), true);
  equal(actual.toFixed(2), expected);
}

async function agrees() {
  equal(await prisma.$queryRaw`
    SELECT c.id FROM campaigns c
    LEFT JOIN clip_submissions s ON s."campaignId" = c.id AND s.status = 'APPROVED'
    LEFT JOIN clips k ON k.id = s."clipId"
    GROUP BY c.id HAVING c.spent IS DISTINCT FROM coalesce(sum(k.earnings), 0)`, []);
}

async function refused(work) {
  return work().then(() => { throw new Error('not refused'); }, (error) => error);
}

async function approves() {
  equalMoney(await spent(prisma, 'campaign1'), '0.00');
  await prisma.clip_submissions.update({ where: { id: 'submission1' }, data: { status: 'APPROVED' } });
  equalMoney(await spent(prisma, 'campaign1'), '1.25');
  await prisma.clip_submissions.updateMany({ data: { status: 'APPROVED' } });
  equalMoney(await spent(prisma, 'campaign1'), '4.50');
  equalMoney(await spent(prisma, 'campaign2'), '6.50');
  await agrees();
}

async function updatesClips() {
  const data = { earnings: new Prisma.Decimal('11.10'), views: { increment: 5n } };
  await prisma.clips.update({ where: { id: 'clip1' }, data });
  equalMoney(await spent(prisma, 'campaign1'), '14.35');
  await prisma.clips.updateMany({ where: { userId: 'user1' }, data: { earnings: { increment: '0.10' } } });
  equalMoney(await spent(prisma, 'campaign1'), '14.55');
  await agrees();
}

// A number as exact as a column of its type allows: as a float, its last digits would be others.
async function decimalsAreExact() {
  await prisma.clips.update({ where: { id: 'clip1' }, data: { earnings: '99999900.07' } });
  equalMoney(await spent(prisma, 'campaign1'), '99999903.42');
  await prisma.clips.update({ where: { id: 'clip1' }, data: { earnings: '11.20' } });
  await agrees();
}

async function createsAndDeletes() {
  const url = 'https://clips.example/new';
  const made = await prisma.clips.create({
    data: {
      userId: 'user1',
      url,
      platform: 'YOUTUBE',
      earnings: '20.00',
      clip_submissions: {
        create: { userId: 'user1', campaignId: 'campaign1', clipUrl: url, platform: 'YOUTUBE', status: 'APPROVED' },
      },
    },
  });
  equalMoney(await spent(prisma, 'campaign1'), '34.55');
  await prisma.clips.delete({ where: { id: made.id } });
  equalMoney(await spent(prisma, 'campaign1'), '14.55');
  await agrees();
}

// When totals are brought up is the owner's choice.
const attached = (flush) => prisma.$executeRaw`SELECT FROM spend_sync_attach(flush => ${flush})`;

async function interactiveTransaction(flush) {
  await attached(flush);
  const before = await spent(prisma, 'campaign1');
  await prisma.$transaction(async (tx) => {
    await tx.clips.update({ where: { id: 'clip1' }, data: { earnings: { increment: '1.00' } } });
    equalMoney(await spent(tx, 'campaign1'), before.plus(flush === 'statement' ? 1 : 0).toFixed(2));
    await tx.$executeRaw`SET CONSTRAINTS ALL IMMEDIATE`;
    equalMoney(await spent(tx, 'campaign1'), before.plus(1).toFixed(2));
    await tx.clips.update({ where: { id: 'clip3' }, data: { earnings: { increment: '1.00' } } });
  });
  equalMoney(await spent(prisma, 'campaign1'), before.plus(2).toFixed(2));
  await refused(() => prisma.$transaction(async (tx) => {
    await tx.clips.update({ where: { id: 'clip1' }, data: { earnings: '1000.00' } });
    throw new Error('changed my mind');
  }));
  equalMoney(await spent(prisma, 'campaign1'), before.plus(2).toFixed(2));
  await agrees();
}

async function batchTransaction() {
  const before = await spent(prisma, 'campaign2');
  await prisma.$transaction(['clip2', 'clip4'].map((id) => (
    prisma.clips.update({ where: { id }, data: { earnings: { increment: '0.50' } } }))));
  equalMoney(await spent(prisma, 'campaign2'), before.plus(1).toFixed(2));
  await agrees();
}

// Prisma says P2034 for some conflicts of writers, and hands on PostgreSQL's code of others: 40P01, and what COMMIT
// raises.
function mayBeTriedAgain(error) {
  return error.code === 'P2034' || ['40001', '40P01'].includes(error.cause?.originalCode);
}

// The loop around every transaction that may meet another.
async function withRetry(work, options) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await prisma.$transaction(work, options);
    } catch (error) {
      if (!mayBeTriedAgain(error) || attempt === 5) throw error;
    }
  }
}

async function conflict(isolationLevel, flush) {
  await attached(flush);
  const before = await spent(prisma, 'campaign1');
  let attempts = 0;
  await withRetry(async (tx) => {
    await spent(tx, 'campaign1');
    if (attempts === 0) await earn(prisma, 'clip3');
    attempts += 1;
    await earn(tx, 'clip1');
  }, { isolationLevel });
  equal(attempts, 2);
  equalMoney(await spent(prisma, 'campaign1'), before.plus('2.50').toFixed(2));
  await agrees();
}

// Two transactions that write two campaigns' clips in opposite order: 40P01 for one, which is tried again. Who waits
// does not always go first then, so that it may take more than one attempt.
async function deadlock() {
  await attached('statement');
  const before = await Promise.all(['campaign1', 'campaign2'].map((id) => spent(prisma, id)));
  let attempts = 0;
  let bothHoldOne;
  const held = new Promise((resolve) => { bothHoldOne = resolve; });
  const writer = (first, second) => withRetry(async (tx) => {
    await earn(tx, first);
    attempts += 1;
    if (attempts === 2) bothHoldOne();
    await held;
    await earn(tx, second);
  });
  await Promise.all([writer('clip1', 'clip2'), writer('clip4', 'clip3')]);
  equal(attempts > 2, true);
  equalMoney(await spent(prisma, 'campaign1'), before[0].plus('2.50').toFixed(2));
  equalMoney(await spent(prisma, 'campaign2'), before[1].plus('2.50').toFixed(2));
  await agrees();
}

async function syncs() {
  const [row] = await prisma.$queryRaw`SELECT * FROM sync_campaign(${'campaign1'})`;
  equal([row.campaign_id, row.title, row.approved_clips], ['campaign1', 'Campaign 1', 2n]);
  equalMoney(row.old_spent, (await spent(prisma, 'campaign1')).toFixed(2));
  equalMoney(row.difference, '0.00');
}

// Wrong totals, as whatever bypasses triggers leaves them.
async function repairs() {
  await prisma.$executeRaw`SELECT drift('campaigns', 7)`;
  equal((await prisma.$queryRaw`SELECT * FROM spend_sync_status() WHERE needs_sync`).length, 2);
  await prisma.$executeRaw`CALL spend_sync_repair()`;
  await agrees();
  const inside = await refused(() => prisma.$transaction((tx) => tx.$executeRaw`CALL spend_sync_repair()`));
  equal(inside.meta.driverAdapterError.cause.originalCode, '2D000');
}

// Prisma turns SQLSTATEs it knows into its own codes, and keeps PostgreSQL's beside them. It drops the HINT.
async function extensionErrors() {
  const unknown = await refused(() => prisma.$queryRaw`SELECT * FROM sync_campaign(${'campaign9'})`);
  equal([unknown.code, unknown.meta.driverAdapterError.cause.originalCode], ['P2010', 'P0002']);
  const large = await refused(() => prisma.clips.updateMany({ data: { earnings: '99999999.99' } }));
  equal([large.code, large.meta.driverAdapterError.cause.originalCode], ['P2020', '22003']);
  equal(large.message.endsWith('the total of campaign "campaign1" cannot be stored'), true);
  await agrees();
}

// A CHECK has no code of Prisma's: the error's cause has PostgreSQL's, and its message names the constraint.
async function hardBudget() {
  await prisma.campaigns.update({ where: { id: 'campaign1' }, data: { budget: await spent(prisma, 'campaign1') } });
  const overrun = await refused(() => (
    prisma.clips.update({ where: { id: 'clip1' }, data: { earnings: { increment: '0.01' } } })));
  equal([overrun.code, overrun.cause.originalCode], [undefined, '23514']);
  equal(overrun.cause.originalMessage, 'new row for relation "campaigns" violates check constraint "within_budget"');
  await agrees();
}

await checks.check('submissions approved', approves);
await checks.check('clips updated', updatesClips);
await checks.check('campaign.spent is an exact Decimal', decimalsAreExact);
await checks.check('a clip and its submission made in one call, and deleted', createsAndDeletes);
await checks.check('an interactive transaction, flush = statement', interactiveTransaction, 'statement');
await checks.check('an interactive transaction, flush = commit', interactiveTransaction, 'commit');
await checks.check('a batch in one transaction', batchTransaction);
for (const level of ['RepeatableRead', 'Serializable']) {
  for (const flush of ['statement', 'commit']) {
    await checks.check(`two writers of one campaign, ${level}, flush = ${flush}`, conflict, level, flush);
  }
}
await checks.check('a deadlock is tried again', deadlock);
await checks.check('sync_campaign() by $queryRaw', syncs);
await checks.check('CALL spend_sync_repair() by $executeRaw; in a transaction: 2D000', repairs);
await checks.check('errors of the extension', extensionErrors);
await checks.check("23514: the user's constraint", hardBudget);
await checks.check('every total equals the plain sum', agrees);
checks.finish();
// No $disconnect: it waits for ever for the connections of transactions whose COMMIT failed.
process.exit();
