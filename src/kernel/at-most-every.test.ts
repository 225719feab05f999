import assert from 'node:assert/strict';
import { atMostEvery } from './at-most-every.ts';
import { OutOfPatience } from './in-time.ts';

const limits = { keepMs: 60_000, patienceMs: 60_000, what: 'it' };

describe('a look at something dear', () => {
  it('is made once for all who ask at once, and for those who ask soon after', async () => {
    let looks = 0;
    const look = atMostEvery(limits, async () => (looks += 1));
    assert.deepEqual(await Promise.all([look(), look()]), [1, 1]);
    assert.equal(await look(), 1);
  });

  it('is made again when its result is too old, also after one that failed', async () => {
    let looks = 0;
    const look = atMostEvery({ ...limits, keepMs: 0 }, async () => {
      looks += 1;
      if (looks === 1) throw new Error('not now');
      return looks;
    });
    await assert.rejects(look(), /not now/);
    assert.equal(await look(), 2);
    assert.equal(await look(), 3);
  });

  it('keeps nobody waiting too long, and is not begun again while it is under way', async () => {
    let looks = 0;
    let answer: (value: string) => void = () => undefined;
    const look = atMostEvery({ ...limits, patienceMs: 5 }, () => {
      looks += 1;
      return new Promise<string>((resolve) => (answer = resolve));
    });
    await assert.rejects(look(), OutOfPatience);
    await assert.rejects(look(), /it did not answer within 5 ms/);
    answer('late');
    assert.equal(await look(), 'late');
    assert.equal(looks, 1);
  });
});
