import assert from 'node:assert/strict';
import { verify } from '@node-rs/argon2';
import { createPasswordCheck, hashPassword } from './passwords.ts';

describe('createPasswordCheck', () => {
  const compared: string[] = [];
  const check = createPasswordCheck((stored, ...rest) => {
    compared.push(String(stored));
    return verify(stored, ...rest);
  });
  const costOf = (stored: string | undefined) => stored?.split('$').slice(1, 4);

  it('compares once, whether there is an account or not, and at the same cost', async () => {
    const stored = await hashPassword('la buena');
    assert.equal(await check(stored, 'la buena'), true);
    assert.equal(await check(stored, 'otra'), false);
    assert.equal(await check(undefined, 'otra'), false);
    assert.equal(compared.length, 3);
    const [known, , decoy] = compared;
    assert.notEqual(decoy, known);
    assert.deepEqual(costOf(decoy), costOf(known));
    assert.deepEqual(costOf(known), ['argon2id', 'v=19', 'm=19456,t=2,p=1']);
  });
});
