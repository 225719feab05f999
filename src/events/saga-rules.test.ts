import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decideSaga, opened, type Happening, type Plan, type SagaEffect, type SagaState } from './saga-rules.ts';

const PLAN: Plan = [
  { name: 'user', after: [] },
  { name: 'stock', after: [] },
  { name: 'payment', after: ['user', 'stock'] },
  { name: 'notice', after: ['payment'] },
];

const said = (effect: SagaEffect): string => ('step' in effect ? `${effect.kind} ${effect.step}` : effect.kind);
const done = (step: string): Happening => ({ kind: 'done', step });
const refused = (step: string): Happening => ({ kind: 'refused', step, reason: `no ${step}` });

/** All that is to be done, when these things happen one after another. */
const played = (...happenings: Happening[]): { state: SagaState; said: string[] } => {
  let state = opened(PLAN);
  const effects = happenings.flatMap((happening) => {
    const decision = decideSaga(PLAN, state, happening);
    ({ state } = decision);
    return decision.effects.map(said);
  });
  return { state, said: effects };
};

const CASES: Array<[name: string, happenings: Happening[], expected: string[], status: string]> = [
  ['asks for what comes after nothing', [{ kind: 'started' }], ['do user', 'do stock'], 'running'],
  ['joins what comes in any order', [done('stock'), done('user')], ['do payment'], 'running'],
  ['hears each answer once', [done('stock'), done('stock'), done('user'), done('user')], ['do payment'], 'running'],
  ['ends when all is done', [done('stock'), done('user'), done('payment'), done('notice')], ['do payment', 'do notice', 'completed'], 'completed'],
  ['takes back what was done when a step is refused', [done('stock'), refused('user')], ['undo stock', 'failed'], 'failed'],
  ['takes it back in reverse', [done('user'), done('stock'), refused('payment')], ['do payment', 'undo stock', 'undo user', 'failed'], 'failed'],
  ['takes back what turns out to be done after it failed', [refused('user'), done('stock'), done('stock')], ['failed', 'undo stock'], 'failed'],
  ['fails once', [refused('user'), refused('stock'), { kind: 'failed', reason: 'timeout' }], ['failed'], 'failed'],
  ['is given up at its deadline', [done('stock'), { kind: 'failed', reason: 'timeout' }], ['undo stock', 'failed'], 'failed'],
  ['has no deadline once it has ended', [done('stock'), done('user'), done('payment'), done('notice'), { kind: 'failed', reason: 'timeout' }], ['do payment', 'do notice', 'completed'], 'completed'],
];

describe('a saga', () => {
  for (const [name, happenings, expected, status] of CASES) {
    it(name, () => {
      const { state, said: effects } = played(...happenings);
      assert.deepEqual([effects, state.status], [expected, status]);
    });
  }

  it('keeps its first reason', () => {
    assert.equal(played(refused('user'), refused('stock')).state.reason, 'no user');
  });

  it('undoes exactly what was done, ends once, and asks for nothing before its time', () => {
    const steps = PLAN.map(({ name }) => name);
    const happening = fc.oneof(
      fc.constantFrom(...steps).map(done),
      fc.constantFrom(...steps).map(refused),
      fc.constant<Happening>({ kind: 'failed', reason: 'timeout' }),
    );
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 20 }), (happenings) => {
        const { state, said: effects } = played(...happenings);
        const heard = steps.filter((step) => effects.includes(`undo ${step}`));
        assert.equal(effects.filter((one) => one.startsWith('undo')).length, heard.length, 'something was undone twice');
        assert.ok(effects.filter((one) => one === 'completed' || one === 'failed').length <= 1);
        const firstOf = new Map(steps.map((step) => [step, happenings.find((one) => 'step' in one && one.step === step)?.kind]));
        if (state.status === 'failed') {
          for (const step of steps) assert.equal(effects.includes(`undo ${step}`), firstOf.get(step) === 'done', step);
          assert.ok(state.reason !== null && !Object.values(state.steps).includes('done'));
        } else assert.ok(heard.length === 0 && state.reason === null);
        if (state.status === 'completed') assert.ok(steps.every((step) => state.steps[step] === 'done'));
        if (effects.includes('do payment')) assert.ok(firstOf.get('user') === 'done' && firstOf.get('stock') === 'done');
      }),
      { numRuns: 3000 },
    );
  });
});
