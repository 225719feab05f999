import assert from 'node:assert/strict';
import { shownError } from './rules.ts';

describe("another system's error, as a tenant reads it", () => {
  const cases: Array<[name: string, error: string, shown: string]> = [
    ['a sentence as it is', 'The balances could not be read.', 'The balances could not be read.'],
    ['one line of several', 'first\r\n\tsecond\u0000\u202Ethird', 'first second third'],
    ['no address', 'no wallet for ana@ejemplo.com, sorry', 'no wallet for *** sorry'],
    ['no wallet', 'wallet 0x52908400098527886E0F7030069857D2E4169EE7 is locked', 'wallet *** is locked'],
    ['no account', 'CBU 2850590940090418135201', 'CBU ***'],
    ['no host and password', 'connect postgres://app:secret@db.internal:5432/x failed', 'connect *** failed'],
    ['no token', 'bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9 expired', 'bearer *** expired'],
    ['something for nothing', ' \n ', 'no dijo por qué.'],
  ];
  for (const [name, error, shown] of cases) it(`is ${name}`, () => assert.equal(shownError(error), shown));

  it('is short, and cuts no character in two', () => {
    const shown = shownError('ay 😀'.repeat(100));
    assert.ok(shown.length <= 201 && shown.isWellFormed() && shown.endsWith('…'));
  });
});
