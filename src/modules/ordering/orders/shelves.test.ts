import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isBacked, isCoverable, isWhole, itemsOf, planOf } from './shelves.ts';

const line = (variantId: string, quantity: number) => ({ variantId, quantity });
type Figures = [available: number, counted?: number, sold?: number];
const stock = (shelves: Record<string, Figures[]>, { deleted = false, unplaced = 0 } = {}) =>
  new Map(
    Object.entries(shelves).map(([variantId, of]) => [
      variantId,
      { deleted, unplaced, shelves: of.map(([available, counted = 0, sold = 0], n) => ({ warehouseId: `wh_${n + 1}`, available, counted, sold })) },
    ]),
  );

describe('taking an order from the shelves', () => {
  it('takes a line from the first shelf that covers it whole', () => {
    const { items } = planOf([line('a', 3)], stock({ a: [[2], [3], [9]] }));
    assert.deepEqual(items, [{ variantId: 'a', warehouseId: 'wh_2', quantity: 3 }]);
  });

  it('splits it when none does, in the order of the shelves', () => {
    const { items } = planOf([line('a', 4)], stock({ a: [[2], [0], [3]] }));
    assert.deepEqual(items.map((item) => [item.warehouseId, item.quantity]), [['wh_1', 2], ['wh_3', 2]]);
  });

  it('takes nothing that is counted, and names what is short with what is free', () => {
    const { items, short } = planOf([line('a', 3)], stock({ a: [[3, 1], [1, 5]] }));
    assert.deepEqual([items, short], [[], [{ variantId: 'a', quantity: 3, free: 2 }]]);
  });

  it('leaves what others hold without a shelf to them', () => {
    const known = stock({ a: [[3], [2]] }, { unplaced: 3 });
    assert.equal(isCoverable([line('a', 2)], known), true);
    assert.deepEqual(planOf([line('a', 3)], known).short, [{ variantId: 'a', quantity: 3, free: 2 }]);
  });

  it('is backed by what its own shelves say, beside what is sold of them', () => {
    const held = (quantity: number) => [{ variantId: 'a', warehouseId: 'wh_1', quantity }];
    assert.equal(isBacked(held(2), stock({ a: [[3, 3, 1]] })), true);
    assert.equal(isBacked(held(3), stock({ a: [[3, 3, 1], [9]] })), false);
    assert.equal(isBacked(held(1), stock({ a: [] })), false);
  });

  it('leaves to the inventory what it knows nothing of', () => {
    const { unknown } = planOf([line('a', 1), line('b', 1)], stock({ a: [], c: [[1]] }));
    assert.deepEqual(unknown.map(({ variantId }) => variantId), ['a', 'b']);
  });

  it('covers no deleted variant', () => {
    assert.equal(isCoverable([line('a', 1)], stock({ a: [[1]] })), true);
    assert.equal(isCoverable([line('a', 1)], stock({ a: [[1]] }, { deleted: true })), false);
    assert.equal(isCoverable([line('a', 1)], stock({})), false);
  });

  it('never takes more of a shelf than is free, and of a line all or nothing', () => {
    const shelf = fc.tuple(fc.nat(9), fc.nat(9));
    fc.assert(
      fc.property(fc.array(shelf, { maxLength: 4 }), fc.integer({ min: 1, max: 20 }), (shelves, quantity) => {
        const known = stock({ a: shelves });
        const { items, unknown, short } = planOf([line('a', quantity)], known);
        for (const item of items) {
          const of = known.get('a')?.shelves.find(({ warehouseId }) => warehouseId === item.warehouseId);
          assert.ok(item.quantity > 0 && of && item.quantity <= of.available - of.counted);
        }
        const taken = items.reduce((sum, item) => sum + item.quantity, 0);
        assert.equal(taken, unknown.length + short.length > 0 ? 0 : quantity);
        assert.equal(isWhole([line('a', quantity)], items), taken === quantity);
      }),
    );
  });

  it('tells an order’s quantities whatever was reserved', () => {
    const item = fc.record({ variantId: fc.constantFrom('a', 'b'), warehouseId: fc.constantFrom('w', 'x', 'unassigned'), quantity: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), fc.integer({ min: 1, max: 9 }), (items, quantity) => {
        const told = itemsOf([line('a', quantity)], items);
        assert.equal(told.reduce((sum, one) => sum + one.quantity, 0), quantity);
        assert.equal(new Set(told.map(({ warehouseId }) => warehouseId)).size, told.length);
        assert.ok(told.every((one) => one.quantity > 0 && one.variantId === 'a'));
      }),
    );
  });
});
