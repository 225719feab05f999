import assert from 'node:assert/strict';
import { levelOf, matches } from './rules.ts';

describe('stock in the panel', () => {
  it('marks what runs out and what has run out', () => {
    assert.deepEqual([0, 1, 5, 6, 1_000_000].map(levelOf), ['agotado', 'poco', 'poco', 'bien', 'bien']);
  });

  it('finds names whatever their case and accents', () => {
    for (const wanted of ['cafe', 'CAFÉ', ' fé ', '']) assert.equal(matches('Café molido', wanted), true, wanted);
    assert.equal(matches('Café molido', 'té'), false);
    assert.equal(matches('100% jugo', '%'), true);
  });
});
