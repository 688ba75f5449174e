// Counts what a client checked, one line for each check, and says what was expected where one fails.
import { inspect, isDeepStrictEqual } from 'node:util';

export class Checks {
  passed = 0;
  failed = 0;

  constructor(client) {
    this.client = client;
  }

  async check(name, work, ...args) {
    try {
      await work(...args);
      this.passed += 1;
      console.log(`ok      ${this.client}: ${name}`);
    } catch (error) {
      this.failed += 1;
      console.log(`FAILED  ${this.client}: ${name}\n${error.stack}`);
    }
  }

  finish() {
    console.log(`${this.client}: ${this.passed} checks passed, ${this.failed} failed`);
    process.exitCode = this.failed > 0 ? 1 : 0;
  }
}

// In value and in type: '1' and 1 are not equal.
export function equal(actual, expected) {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(`expected ${inspect(expected)}, got ${inspect(actual)}`);
  }
}
