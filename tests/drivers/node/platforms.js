// The platforms of platforms.sql, and how node-postgres reaches them.
import pg from 'pg';
import { equal } from './checks.js';

export const POOLED = 'DRIVERS_POOLED' in process.env;

// A bigint key is a BigInt or a string; a Number would lose it.
export const KEYS = {
  by_text: (n) => `c${String(n).padStart(24, '0')}`,
  by_bigint: (n) => 9100000000000000000n + BigInt(n),
  by_uuid: (n) => `c0ffee00-0000-4000-8000-${String(n).padStart(12, '0')}`,
  by_integer: (n) => 70000 + n,
  by_smallint: (n) => n,
};
// The platform whose totals are brought up so, and its keys.
export const FLUSHED = { statement: 'by_text', commit: 'at_commit' };
const KEY_OF = { ...KEYS, at_commit: KEYS.by_text };

// PGHOST and the like say where.
export const connected = (work, ...args) => connectedWith({}, work, ...args);

export async function connectedWith(options, work, ...args) {
  const client = new pg.Client(options);
  await client.connect();
  try {
    return await work(client, ...args);
  } finally {
    await client.end();
  }
}

// Money comes as a string. A sum of two is for PostgreSQL, or for cents in BigInt.
export const cents = (money) => BigInt(money.replace('.', ''));

export async function row(client, query, values) {
  return (await client.query(query, values)).rows[0];
}

export async function spent(client, schema, n) {
  return (await row(client, `SELECT spent FROM ${schema}.campaigns WHERE id = $1`, [KEY_OF[schema](n)])).spent;
}

export function earn(client, schema, clip, amount = '1.25') {
  const update = `UPDATE ${schema}.clips SET earnings = earnings + $1 WHERE id = $2`;
  return client.query(update, [amount, KEY_OF[schema](clip)]);
}

export async function drift(client, schema, amount) {
  await client.query('SELECT drift($1, $2)', [`${schema}.campaigns`, amount]);
}

export async function agrees(client) {
  equal((await client.query('SELECT * FROM truth WHERE spent IS DISTINCT FROM sum')).rows, []);
}

// Runs what has to fail; gives the driver's error object.
export async function refused(client, code, query, values) {
  const error = await client.query(query, values).then(() => new Error(`not refused: ${query}`), (failure) => failure);
  if (error.code !== code) throw error;
  return error;
}

export async function transaction(client, work) {
  await client.query('BEGIN');
  try {
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

// The loop around every transaction that may meet another.
export async function withRetry(client, work) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await transaction(client, work);
    } catch (error) {
      if (!['40001', '40P01'].includes(error.code) || attempt === 5) throw error;
    }
  }
}
