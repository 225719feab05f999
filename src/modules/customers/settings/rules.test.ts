import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULT_SETTINGS, problemsOf, tierOf } from './rules.ts';
import { DEFAULTS_SHOWN, settingsBody, settingsFrom, shownSettings } from './schemas.ts';

const { tiers, segments } = DEFAULT_SETTINGS;

describe('how a tenant treats its customers', () => {
  it('has defaults that are settings like any others', () => {
    assert.deepEqual(problemsOf(DEFAULT_SETTINGS), []);
    assert.deepEqual(settingsFrom(settingsBody.parse(DEFAULTS_SHOWN)), DEFAULT_SETTINGS);
    assert.deepEqual(shownSettings(DEFAULT_SETTINGS), DEFAULTS_SHOWN);
  });

  it('ranks by the highest tier that is reached', () => {
    for (const [earned, name] of [[0, 'bronce'], [999, 'bronce'], [1000, 'plata'], [19_999, 'oro'], [20_000, 'platino']] as const) {
      assert.equal(tierOf(earned, tiers).name, name);
    }
    fc.assert(fc.property(fc.nat({ max: 30_000 }), fc.nat({ max: 100 }), (earned, more) =>
      assert.ok(tierOf(earned + more, tiers).fromPoints >= tierOf(earned, tiers).fromPoints)));
  });

  it('cannot be in no order', () => {
    const [bronze, silver] = tiers as [(typeof tiers)[number], (typeof tiers)[number]];
    for (const wrong of [[silver], [silver, bronze], [bronze, { name: 'x', fromPoints: 0 }]]) {
      assert.match(problemsOf({ tiers: wrong, segments })[0] ?? '', /^tiers: el primer nivel/);
    }
    assert.match(problemsOf({ tiers: [bronze, { ...bronze, fromPoints: 5 }], segments })[0] ?? '', /mismo nombre/);
    assert.match(problemsOf({ tiers, segments: { ...segments, vip: { purchases: 1, spentCents: 0 } } })[0] ?? '', /^segments:/);
    assert.match(problemsOf({ tiers, segments: { ...segments, regular: { purchases: 2, spentCents: 1e9 } } })[0] ?? '', /^segments:/);
  });
});
