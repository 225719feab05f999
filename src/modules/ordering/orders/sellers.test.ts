import assert from 'node:assert/strict';
import type { Sellable } from '../catalog/read-model.ts';
import { chooseVariants, namesOf, sellerOf } from './sellers.ts';

const sells = (tenantId: number, wanted: string, variantId = wanted, deleted = false): Sellable => ({
  tenantId, organizationId: `org_${tenantId}`, wanted, variantId, productId: 'p', deleted,
});
const line = (productId: string, sku?: string) => ({ productId, sku, quantity: 1 });

describe('whose a wanted order is', () => {
  it('asks by sku and by product', () => assert.deepEqual(namesOf([line('p1', 's1'), line('p2'), line('p1', 's2')]), ['s1', 'p1', 'p2', 's2']));

  const cases: Array<[string, ReturnType<typeof line>[], Sellable[], number | string]> = [
    ['by the sku where a variant has that name', [line('p1', 's1')], [sells(1, 's1'), sells(1, 'p1', 'v')], 1],
    ['by the product where no variant has the sku', [line('p1', 's1')], [sells(1, 'p1', 'v')], 1],
    ['not by a product that is called like the sku', [line('p1', 's1')], [sells(1, 's1', 'v')], 'unknown_product'],
    ['the one that sells all of it', [line('p1', 's1'), line('p2', 's2')], [sells(1, 's1'), sells(2, 's1'), sells(2, 'p2', 'v')], 2],
    ['nobody, where the sku is nobody’s and the product has several variants', [line('p1', 's1')], [sells(1, 'p1', 'v'), sells(1, 'p1', 'w')], 'unknown_product'],
    ['the one whose product has one variant', [line('p1', 's1')], [sells(1, 'p1', 'v'), sells(1, 'p1', 'w'), sells(2, 'p1', 'x')], 2],
    ['nobody, when the variant of the sku was taken out of the catalogue', [line('p1', 's1')], [sells(1, 's1', 's1', true), sells(1, 'p1', 'v')], 'unknown_product'],
    ['nobody, when the product was', [line('p1')], [sells(1, 'p1', 'v', true)], 'unknown_product'],
    ['nobody, when each sells a part', [line('p1'), line('p2')], [sells(1, 'p1'), sells(2, 'p2')], 'unknown_product'],
    ['nobody, when two sell all of it', [line('p1', 's1')], [sells(1, 's1'), sells(2, 'p1', 'v')], 'ambiguous_product'],
  ];
  for (const [name, lines, sellables, expected] of cases) {
    it(name, () => {
      const seller = sellerOf(lines, sellables);
      assert.equal('reason' in seller ? seller.reason : seller.tenantId, expected);
    });
  }

  it('takes the variant that the sku names, though the product has others', () => {
    const chosen = chooseVariants([line('p1', 's2')], [sells(1, 'p1', 's1'), sells(1, 'p1', 's2'), sells(1, 's2')], new Map());
    assert.deepEqual(chosen?.map(({ variantId, wanted }) => [variantId, wanted]), [['s2', 'p1']]);
  });
});
