import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { PromotionInForce } from '../promotions/read-model.ts';
import { appliedPromotions, discountOf, type Offer } from './discounts.ts';

const promotion = (tipo: 'monto' | 'porcentaje', valorCentesimos: number, promocionId = 1): PromotionInForce => ({
  productoId: 1,
  promocionId,
  nombre: `promo ${promocionId}`,
  tipo,
  valorCentesimos,
});
const offer = (cantidad: number, precio: number, promociones: PromotionInForce[] = [], precioCatalogo = precio): Offer => ({
  cantidad,
  precio,
  precioCatalogo,
  promociones,
});
const sumOf = (offers: readonly Offer[]) => offers.reduce((sum, { cantidad, precio }) => sum + cantidad * precio, 0);
const explain = (offers: readonly Offer[], informed: number | undefined) =>
  appliedPromotions(offers, sumOf(offers), informed);

describe('promotions that explain a total', () => {
  const tenPercent = promotion('porcentaje', 1000);

  it('take a percentage off, halves up, or an amount off each unit and never more than the price', () => {
    assert.deepEqual([discountOf(tenPercent, 1005, 1), discountOf(tenPercent, 1004, 1)], [101, 100]);
    assert.deepEqual([discountOf(promotion('monto', 50), 300, 3), discountOf(promotion('monto', 500), 300, 1)], [150, 300]);
  });

  it('explain a lower total, and the line keeps what was taken off', () => {
    const { applied, totalExplained } = explain([offer(2, 45075, [tenPercent])], 81135);
    assert.equal(totalExplained, true);
    assert.deepEqual(applied, [{ promocionId: 1, nombre: 'promo 1', descuento: 9015, en: 'total' }]);
  });

  it('may have been rounded by the unit or by the line', () => {
    const offers = [offer(3, 3335, [tenPercent])]; // 333.5 a unit: 3 × 334 = 1002; of the line 1000.5: 1001
    for (const informed of [10005 - 1002, 10005 - 1001]) assert.equal(explain(offers, informed).totalExplained, true);
    assert.equal(explain(offers, 10005 - 1000).totalExplained, false);
  });

  it('may be one of several, or the best on each line', () => {
    const half = promotion('porcentaje', 5000, 2);
    const offers = [offer(1, 1000, [tenPercent, half]), offer(1, 1000, [tenPercent])];
    assert.deepEqual(explain(offers, 1400).applied.map((one) => one?.promocionId), [2, 1]);
    assert.deepEqual(explain(offers, 1800).applied.map((one) => one?.promocionId), [1, 1]);
    assert.deepEqual(explain(offers, 1500).applied.map((one) => one?.promocionId), [2, undefined]);
    assert.equal(explain(offers, 1700).totalExplained, false);
  });

  it('may be in the price already, and are then not taken off again', () => {
    const offers = [offer(2, 900, [tenPercent], 1000)];
    const { applied, totalExplained } = explain(offers, 1800);
    assert.deepEqual(applied, [{ promocionId: 1, nombre: 'promo 1', descuento: 200, en: 'precio' }]);
    assert.equal(totalExplained, false); // nothing to explain: the total is the sum
    assert.equal(explain(offers, 1620).totalExplained, false);
  });

  it('explain nothing without a promotion, without a total, or a total above the sum', () => {
    assert.equal(explain([offer(1, 1000)], 900).totalExplained, false);
    assert.equal(explain([offer(1, 1000, [tenPercent])], undefined).totalExplained, false);
    assert.equal(explain([offer(1, 1000, [tenPercent])], 1100).totalExplained, false);
  });

  it('account for the difference to the cent, whatever they are', () => {
    const promotions = fc.array(
      fc.record({ tipo: fc.constantFrom('monto' as const, 'porcentaje' as const), valor: fc.integer({ min: 1, max: 10000 }) }),
      { maxLength: 3 },
    );
    const line = fc.record({ cantidad: fc.integer({ min: 1, max: 50 }), precio: fc.integer({ min: 1, max: 10_000_000 }), promotions });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), fc.integer({ min: 0, max: 2000 }), (lines, off) => {
        const offers = lines.map(({ cantidad, precio, promotions: list }) =>
          offer(cantidad, precio, list.map(({ tipo, valor }, index) => promotion(tipo, valor, index + 1))),
        );
        const total = sumOf(offers);
        const informed = Math.max(0, total - off);
        const { applied, totalExplained } = explain(offers, informed);
        const taken = applied.reduce((sum, one) => sum + (one?.descuento ?? 0), 0);
        if (totalExplained) assert.equal(total - taken, informed);
        else assert.equal(taken, 0);
        applied.forEach((one, index) => {
          const { cantidad, precio } = offers[index] as Offer;
          assert.ok((one?.descuento ?? 0) <= cantidad * precio);
        });
      }),
    );
  });
});
