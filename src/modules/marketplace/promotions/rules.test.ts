import assert from 'node:assert/strict';
import fc from 'fast-check';
import { overpriced, problemsOf, type PromotionFields } from './rules.ts';

const promotion = (fields: Partial<PromotionFields> = {}): PromotionFields => ({
  nombre: 'Promo',
  tipo_promocion: 'porcentaje',
  valor_centesimos: 10_00,
  fecha_inicio: '2030-01-01',
  fecha_fin: '2030-01-02',
  ...fields,
});

const day = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));

describe('a promotion', () => {
  it('begins before it ends', () => {
    fc.assert(
      fc.property(day, day, (fecha_inicio, fecha_fin) => {
        const sound = new Date(fecha_inicio) < new Date(fecha_fin);
        assert.equal(problemsOf(promotion({ fecha_inicio, fecha_fin })).length === 0, sound);
      }),
    );
  });

  it('takes off a hundred per cent at most, and an amount has no such bound', () => {
    assert.deepEqual(problemsOf(promotion({ valor_centesimos: 100_00 })), []);
    assert.equal(problemsOf(promotion({ valor_centesimos: 100_01 })).length, 1);
    assert.deepEqual(problemsOf(promotion({ tipo_promocion: 'monto', valor_centesimos: 100_01 })), []);
  });

  it('never makes a price negative', () => {
    const product = (producto_id: number, precio_centavos: number) => ({
      producto_id,
      nombre_producto: `P${producto_id}`,
      precio_centavos,
    });
    const products = [product(1, 100_00), product(2, 99_99), product(3, 500_00)];
    assert.deepEqual(overpriced(promotion(), products), []);
    assert.deepEqual(overpriced(promotion({ tipo_promocion: 'monto', valor_centesimos: 100_00 }), products), [
      'valor_descuento: supera el precio del producto 2 («P2»), 99.99.',
    ]);
  });
});
