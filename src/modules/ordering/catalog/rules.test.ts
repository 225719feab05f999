import assert from 'node:assert/strict';
import { isNotable, judge, judgeVariant } from './rules.ts';

const at = (time: string) => new Date(`2025-11-23T${time}Z`);

describe('what an event of the catalogue means', () => {
  it('is news of what nobody knows', () => assert.equal(judge(undefined, at('16:00:00')), 'newer'));

  for (const [said, verdict] of [['15:59:59', 'older'], ['16:00:00', 'newer'], ['16:00:01', 'newer']] as const) {
    it(`at ${said}, of what was known at 16:00:00, is ${verdict}`, () => {
      assert.equal(judge({ updatedAt: at('16:00:00'), deleted: false }, at(said)), verdict);
    });
  }

  it('does not bring back what was deleted', () => {
    assert.equal(judge({ updatedAt: at('16:00:00'), deleted: true }, at('17:00:00')), 'gone');
  });
});

describe('a change of a variant', () => {
  const known = { updatedAt: at('16:00:00'), deleted: false };

  it('brings a first price, however old', () => {
    assert.equal(judgeVariant({ ...known, priceCents: null }, at('15:00:00'), true), 'newer');
  });
  it('does not bring an older price than the known one', () => {
    assert.equal(judgeVariant({ ...known, priceCents: 100 }, at('15:00:00'), true), 'older');
  });
  it('without a price says nothing new when it is older', () => {
    assert.equal(judgeVariant({ ...known, priceCents: null }, at('15:00:00'), false), 'older');
  });
});

describe('a rise of a price', () => {
  for (const [old, now, told] of [
    [1000, 1100, false], [1000, 1101, true], [1000, 900, false], [1000, 1000, false],
    [0, 500, false], [1, 2, true], [2999, 3298, false], [2999, 3299, true],
  ] as const) {
    it(`from ${old} to ${now} cents is ${told ? '' : 'not '}told`, () => assert.equal(isNotable(old, now), told));
  }
});
