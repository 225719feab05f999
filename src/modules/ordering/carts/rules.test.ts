import assert from 'node:assert/strict';
import type { CartItem } from './read-model.ts';
import {
  MAX_LINES,
  MAX_QUANTITY,
  MAX_TOTAL_CENTS,
  problemsOf,
  refusalOf,
  totalOf,
  withAdded,
  withLine,
} from './rules.ts';

const line = (fields: Partial<CartItem> = {}): CartItem => ({
  variantId: 'v1',
  productId: null,
  quantity: 1,
  unitPriceCents: 100,
  unavailableReason: null,
  ...fields,
});
const shelf = (available: number) => ({
  warehouseId: `w${available}`,
  total: available,
  available,
  reserved: 0,
  damaged: 0,
  asOf: new Date(0),
  counted: 0,
  sold: 0,
});
const nothingKnown = { productId: null, priceCents: null, deleted: false, shelves: [], unplaced: 0 };

describe('cart rules', () => {
  it('let in what nothing is known of and what any shelf has, and refuse the deleted and the sold out', () => {
    assert.equal(refusalOf(nothingKnown), undefined);
    assert.equal(refusalOf({ ...nothingKnown, shelves: [shelf(0), shelf(1)] }), undefined);
    assert.match(refusalOf({ ...nothingKnown, shelves: [shelf(0), shelf(0)] }) ?? '', /agotada/);
    assert.match(refusalOf({ ...nothingKnown, deleted: true, shelves: [shelf(5)] }) ?? '', /eliminó/);
  });

  it("take the catalogue's price, then the caller's, then the one the line has", () => {
    const known = { ...nothingKnown, productId: 'p1', priceCents: 500 };
    const asked = { variantId: 'v1', quantity: 2, unitPriceCents: 300, productId: 'other' };
    assert.deepEqual(withAdded(undefined, asked, known), line({ productId: 'p1', quantity: 2, unitPriceCents: 500 }));
    assert.equal(withAdded(line(), asked, nothingKnown)?.unitPriceCents, 300);
    assert.equal(withAdded(line(), { variantId: 'v1', quantity: 2 }, nothingKnown)?.unitPriceCents, 100);
    assert.equal(withAdded(undefined, { variantId: 'v1', quantity: 2 }, nothingKnown), undefined);
    assert.equal(withAdded(undefined, asked, { ...nothingKnown, priceCents: 0 })?.unitPriceCents, 0);
  });

  it('add quantities up, keep the product that is known and lift an old mark', () => {
    const before = line({ productId: 'p9', quantity: 3, unavailableReason: 'out_of_stock' });
    const after = withAdded(before, { variantId: 'v1', quantity: 4 }, nothingKnown);
    assert.deepEqual(after, line({ productId: 'p9', quantity: 7 }));
  });

  it('put a line in its place or at the end', () => {
    const [first, second] = [line(), line({ variantId: 'v2' })];
    const changed = line({ quantity: 9 });
    assert.deepEqual(withLine([first, second], changed), [changed, second]);
    assert.deepEqual(withLine([first], second), [first, second]);
  });

  it('hold a cart to its limits', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, index) => line({ variantId: `v${index}` }));
    assert.deepEqual(problemsOf(lines(MAX_LINES)), []);
    assert.match(problemsOf(lines(MAX_LINES + 1)).join(), /^items: .*200/);
    assert.deepEqual(problemsOf([line({ quantity: MAX_QUANTITY })]), []);
    assert.match(problemsOf([line({ quantity: MAX_QUANTITY + 1 })]).join(), /^quantity: .*10000/);
    assert.deepEqual(problemsOf([line({ unitPriceCents: MAX_TOTAL_CENTS })]), []);
    assert.match(problemsOf([line({ unitPriceCents: MAX_TOTAL_CENTS }), line({ variantId: 'v2' })]).join(), /^total: /);
  });

  it('sum up in whole cents', () => {
    const items = [line({ quantity: 3, unitPriceCents: 1999 }), line({ quantity: 2, unitPriceCents: 1 })];
    assert.equal(totalOf(items), 5999);
    assert.equal(totalOf([]), 0);
  });
});
