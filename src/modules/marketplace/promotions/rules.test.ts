import assert from 'node:assert/strict';
import fc from 'fast-check';
import { calendarDay, overpriced, problemsOf, type PromotionFields } from './rules.ts';

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

describe('the day of a promotion', () => {
  it('is what stands before the T, whatever hour and offset follow', () => {
    const tail = fc.constantFrom(
      '',
      'T00:00:00.000Z',
      'T23:59:59Z',
      'T00:00',
      'T12:30:00',
      'T23:00:00-03:00',
      'T00:30:00+14:00',
      'T01:00:00.5+0530',
    );
    fc.assert(fc.property(day, tail, (text, rest) => assert.equal(calendarDay(text + rest), text)));
  });

  it('exists in the calendar', () => {
    assert.equal(calendarDay(' 2028-02-29 '), '2028-02-29');
    const bad = [
      '',
      '2027-02-29',
      '2030-06-31',
      '2030-13-01',
      '2030-00-10',
      '2030-01-00',
      '0000-01-01',
      '2030-1-1',
      '30-01-01',
      '01/02/2030',
      '2030-01-01Tgarbage',
      '2030-01-01T',
      '2030-01-01 10:00',
      '+020300-01-01',
      'hoy',
      '1893456000000',
    ];
    for (const text of bad) assert.equal(calendarDay(text), undefined, text);
  });
});

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
