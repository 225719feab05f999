import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decideSaga, opened, type Happening, type Plan, type SagaState } from '../../../events/saga-rules.ts';
import { overStripe, simulated } from './charging.ts';
import { addedUp, cancelledAs, paymentOf, refusalOf, stateOf, stepShown } from './rules.ts';

const PLAN: Plan = [{ name: 'user', after: [] }, { name: 'stock', after: [] }, { name: 'payment', after: ['user', 'stock'] }];
const done = (step: string): Happening => ({ kind: 'done', step });
const after = (...happenings: Happening[]): SagaState =>
  happenings.reduce((state, happening) => decideSaga(PLAN, state, happening).state, opened(PLAN));

const STATES: Array<[name: string, state: SagaState, expected: string]> = [
  ['nobody answered', after(), 'solicitada'],
  ['one answered', after(done('stock')), 'solicitada'],
  ['both answered', after(done('stock'), done('user')), 'creada'],
  ['it is paid', after(done('stock'), done('user'), done('payment')), 'pagada'],
  ['one refuses', after(done('stock'), { kind: 'refused', step: 'user', reason: 'unknown_user' }), 'rechazada'],
  ['its time is up', after({ kind: 'failed', reason: 'timeout' }), 'rechazada'],
];

describe('the rules of a checkout', () => {
  for (const [name, state, expected] of STATES) {
    it(`${expected}: ${name}`, () => assert.equal(stateOf(state), expected));
  }

  it('shows each step', () => {
    const { steps } = after(done('stock'), { kind: 'refused', step: 'user', reason: 'unknown_user' });
    assert.deepEqual(['user', 'stock', 'payment', 'none'].map((step) => stepShown(steps[step])), ['rechazado', 'deshecho', 'pendiente', 'pendiente']);
  });

  it('adds up what is asked for twice, and loses nothing', () => {
    const line = fc.record({ product_id: fc.constantFrom<string[]>('P1', 'P2', 'constructor', '__proto__'), quantity: fc.integer({ min: 1, max: 1_000_000 }) });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const added = addedUp(lines);
        const of = (all: typeof lines, id: string) => all.filter(({ product_id }) => product_id === id).reduce((sum, { quantity }) => sum + quantity, 0);
        assert.equal(new Set(added.map(({ product_id }) => product_id)).size, added.length);
        for (const { product_id } of lines) assert.equal(of(added, product_id), of(lines, product_id));
      }),
    );
  });

  it('knows from the order whether it is paid, and why it will not be', () => {
    assert.deepEqual(['pending', 'payment_pending', 'confirmed', 'completed', 'cancelled', undefined].map(paymentOf), ['waiting', 'waiting', 'paid', 'paid', 'over', 'over']);
    assert.deepEqual(['payment_timeout', 'out_of_stock', 'customer_request', null].map(refusalOf), ['out_of_stock', 'out_of_stock', 'order_cancelled', 'order_cancelled']);
  });

  it("never cancels an order with one of the orders' own words, which a late payment brings back to life", () => {
    for (const reason of ['payment_timeout', 'reservation_timeout', 'x'.repeat(100)]) {
      const word = cancelledAs(reason);
      assert.ok(word.startsWith('checkout_') && word.length <= 100, word);
    }
  });

  it('charges by simulation always, over Stripe when it is so', () => {
    const states = ['payment_pending', 'confirmed', 'cancelled', undefined];
    assert.deepEqual(states.map((state) => simulated.outcome(state)), ['success', 'success', 'success', 'success']);
    assert.deepEqual(states.map((state) => overStripe.outcome(state)), ['waiting', 'success', 'failed', 'failed']);
  });
});
