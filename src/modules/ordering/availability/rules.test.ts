import assert from 'node:assert/strict';
import { decideStock, variantKey, zeroInPlay, type KnownShelf, type Told, type VariantPicture } from './rules.ts';

const at = (seconds: number) => new Date(Date.UTC(2025, 10, 23, 15, 0, seconds));
const shelf = (available: number, seconds = 0, previous: number | null = null): KnownShelf => ({
  total: available, available, reserved: 0, damaged: 0, previous, asOf: at(seconds),
});
const told = (available: number, seconds: number, more: Partial<Told> = {}): Told => ({
  tenantId: 1, variantId: 'var_1', warehouseId: 'wh_1', asOf: at(seconds), available, previous: 7,
  figures: { total: available, reserved: 0, damaged: 0 }, ...more,
});
const depleted = (seconds: number, more: Partial<Told> = {}): Told =>
  told(0, seconds, { previous: undefined, figures: undefined, ...more });

const item = (cartId: string, marked = false) => ({ cartId, customerId: `customer of ${cartId}`, marked });
const waits = (waitlistId: number, warehouseId: string | null, customerId = `customer ${waitlistId}`) => ({ waitlistId, customerId, warehouseId });

/** Decides over one variant of tenant 1. */
function decide(messages: Told[], { shelves = {}, items = [], waiting = [] }: {
  shelves?: Record<string, KnownShelf>; items?: VariantPicture['items']; waiting?: VariantPicture['waiting'];
} = {}) {
  const picture = { shelves: new Map(Object.entries(shelves)), items, waiting };
  const { applied, shelves: changed, items: marked, reached, notices } = decideStock(messages, new Map([['1:var_1', picture]]));
  return {
    applied,
    shelves: Object.fromEntries(changed.map(({ warehouseId, available }) => [warehouseId, available])),
    marked: Object.fromEntries(marked.map(({ cartId, marked: mark }) => [cartId, mark])),
    reached: reached.map(({ waitlistId }) => waitlistId),
    notices: notices.map(({ notice: { customerId, name } }) => [customerId, name]),
  };
}

describe('what the inventory says of a shelf', () => {
  it('is kept when it is the first word', () => assert.deepEqual(decide([told(5, 1)]).shelves, { wh_1: 5 }));

  it('changes nothing when more is known already', () => {
    const { applied, shelves } = decide([told(5, 1)], { shelves: { wh_1: shelf(9, 2) } });
    assert.deepEqual([applied, shelves], [[false], {}]);
  });

  it('is taken message by message, the newest last, and written once', () => {
    const { applied, shelves } = decide([told(5, 1), told(3, 3, { previous: 4 }), told(4, 2, { previous: 5 })]);
    assert.deepEqual([applied, shelves], [[true, true, false], { wh_1: 3 }]);
  });

  it('at the same moment counts when it begins where the known state ends', () => {
    assert.deepEqual(decide([told(8, 1, { previous: 9 })], { shelves: { wh_1: shelf(9, 1) } }).applied, [true]);
  });

  it('at the same moment is older when the known state goes on from it', () => {
    assert.deepEqual(decide([told(9, 1, { previous: 10 })], { shelves: { wh_1: shelf(8, 1, 9) } }).applied, [false]);
  });

  it('at the same moment counts when it and the known state have nothing to do with one another', () => {
    assert.deepEqual(decide([told(2, 1, { previous: 10 })], { shelves: { wh_1: shelf(8, 1, 9) } }).applied, [true]);
  });

  it('at the moment of an answer counts only when it goes on from that', () => {
    assert.deepEqual(decide([told(9, 1, { previous: 10 })], { shelves: { wh_1: shelf(8, 1) } }).applied, [false]);
  });

  it('before an empty shelf of the same moment is older, also when that was told twice', () => {
    const late = told(5, 1, { previous: 6 });
    for (const empty of [[told(0, 1, { previous: 5 }), depleted(1)], [depleted(1), told(0, 1, { previous: 5 })]]) {
      assert.deepEqual(decide([...empty, late], { shelves: { wh_1: shelf(6, 0) } }).applied, [true, true, false]);
    }
  });

  it('as depleted leaves the other figures', () => {
    const picture = new Map([['1:var_1', { shelves: new Map([['wh_1', { total: 9, available: 4, reserved: 3, damaged: 2, previous: 5, asOf: at(0) }]]), items: [], waiting: [] }]]);
    assert.deepEqual(decideStock([depleted(1)], picture).shelves, [
      { tenantId: 1, variantId: 'var_1', warehouseId: 'wh_1', total: 9, available: 0, reserved: 3, damaged: 2, previous: 4, asOf: at(1) },
    ]);
  });

  it('as depleted of an unknown shelf is nothing of anything', () => {
    const [row] = decideStock([depleted(1)], new Map()).shelves;
    assert.deepEqual([row?.total, row?.available, row?.reserved, row?.damaged], [0, 0, 0, 0]);
  });

  it('touches no other tenant with the same variant', () => {
    const pictures = new Map([1, 2].map((tenantId) => [
      variantKey({ tenantId, variantId: 'var_1' }), { shelves: new Map([['wh_1', shelf(3)]]), items: [item(`cart ${tenantId}`)], waiting: [] },
    ]));
    const { items, shelves } = decideStock([depleted(1)], pictures);
    assert.deepEqual([...items, ...shelves].map(({ tenantId }) => tenantId), [1, 1]);
  });
});

describe('carts, when a shelf gets empty or fills again', () => {
  it('are marked when the last shelf with anything is empty', () => {
    const { marked, notices } = decide([told(0, 1)], { shelves: { wh_1: shelf(2), wh_2: shelf(0) }, items: [item('a'), item('b')] });
    assert.deepEqual(marked, { a: true, b: true });
    assert.deepEqual(notices, [['customer of a', 'cart_item_out_of_stock'], ['customer of b', 'cart_item_out_of_stock']]);
  });

  it('are left alone while another shelf has some', () => {
    const { marked, notices } = decide([told(0, 1)], { shelves: { wh_1: shelf(2), wh_2: shelf(1) }, items: [item('a')] });
    assert.deepEqual([marked, notices], [{}, []]);
  });

  it('are told once of an update to zero that is also told as depleted', () => {
    const { notices, applied } = decide([told(0, 1), depleted(1), depleted(2)], { shelves: { wh_1: shelf(2) }, items: [item('a')] });
    assert.deepEqual([applied, notices.length], [[true, true, true], 1]);
  });

  it('lose the mark when there is some again, without a word', () => {
    const { marked, notices } = decide([told(4, 1, { previous: 0 })], { shelves: { wh_1: shelf(0) }, items: [item('a', true)] });
    assert.deepEqual([marked, notices], [{ a: false }, []]);
  });

  it('empty and full again in one batch: told, and not marked', () => {
    const { marked, notices } = decide([told(0, 1), told(4, 2, { previous: 0 })], { shelves: { wh_1: shelf(7) }, items: [item('a')] });
    assert.deepEqual([marked, notices.length], [{}, 1]);
  });

  it('whose mark was missed get it with the next word of the empty shelf', () => {
    assert.deepEqual(decide([depleted(1)], { shelves: { wh_1: shelf(0) }, items: [item('a')] }).marked, { a: true });
  });

  it('whose mark was missed get it with an older word as well, and nothing else changes', () => {
    const { applied, shelves, marked, notices } = decide([depleted(1)], { shelves: { wh_1: shelf(0, 2) }, items: [item('a')] });
    assert.deepEqual([applied, shelves, marked, notices.length], [[false], {}, { a: true }, 1]);
  });

  it('are not marked by an older word of a shelf that has some', () => {
    const { marked, notices } = decide([depleted(1)], { shelves: { wh_1: shelf(4, 2) }, items: [item('a')] });
    assert.deepEqual([marked, notices], [{}, []]);
  });
});

describe('the waitlist', () => {
  const waiting = [waits(1, 'wh_1'), waits(2, 'wh_2'), waits(3, null)];

  it('hears of the shelf that filled, and of the first one that did', () => {
    const { reached, notices } = decide([told(4, 1, { previous: 0 })], { shelves: { wh_1: shelf(0), wh_2: shelf(0) }, waiting });
    assert.deepEqual(reached, [1, 3]);
    assert.deepEqual(notices, [['customer 1', 'back_in_stock'], ['customer 3', 'back_in_stock']]);
  });

  it('of any warehouse hears nothing while another one had some', () => {
    assert.deepEqual(decide([told(4, 1, { previous: 0 })], { shelves: { wh_1: shelf(0), wh_2: shelf(1) }, waiting }).reached, [1]);
  });

  it('hears of a shelf that we did not know, when the inventory says that it was empty', () => {
    assert.deepEqual(decide([told(4, 1, { previous: 0 })], { waiting }).reached, [1, 3]);
  });

  it('hears late that a shelf had filled, while there is some', () => {
    const late = told(5, 1, { previous: 0 });
    assert.deepEqual(decide([late], { shelves: { wh_1: shelf(4, 2), wh_2: shelf(0) }, waiting }).reached, [1, 3]);
    assert.deepEqual(decide([late], { shelves: { wh_1: shelf(0, 2) }, waiting }).reached, []);
  });

  it('hears nothing of a shelf that only got fuller', () => {
    assert.deepEqual(decide([told(9, 1)], { shelves: { wh_1: shelf(7) }, waiting }).reached, []);
  });

  it('is told once, also when the shelf empties and fills twice in a batch', () => {
    const twice = [told(4, 1, { previous: 0 }), depleted(2), told(4, 3, { previous: 0 })];
    assert.deepEqual(decide(twice, { shelves: { wh_1: shelf(0) }, waiting: [waits(1, 'wh_1')] }).reached, [1]);
  });

  it('tells a customer who waits for this warehouse and for any one time', () => {
    const { reached, notices } = decide([told(4, 1, { previous: 0 })], { shelves: { wh_1: shelf(0) }, waiting: [waits(1, 'wh_1', 'ana'), waits(2, null, 'ana')] });
    assert.deepEqual([reached, notices], [[1, 2], [['ana', 'back_in_stock']]]);
  });
});

describe('whether customers must be looked for', () => {
  const full = new Map([['wh_1', shelf(3)]]);
  it('not while nothing is or was empty', () => assert.equal(zeroInPlay(told(4, 1), full), false));
  it('when a shelf gets empty', () => assert.equal(zeroInPlay(told(0, 1), full), true));
  it('when the inventory says it was', () => assert.equal(zeroInPlay(told(4, 1, { previous: 0 }), undefined), true));
  it('when a known one is', () => assert.equal(zeroInPlay(told(4, 1), new Map([['wh_2', shelf(0)]])), true));
});
