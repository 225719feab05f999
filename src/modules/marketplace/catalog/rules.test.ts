import assert from 'node:assert/strict';
import type { PromotionView } from '../promotions/read-model.ts';
import { announcementOf, changedFields, ivaRate, priceInCents } from './rules.ts';
import { categoriaCreada, productoActualizado } from './topics.ts';

const product = { nombre_producto: 'Pizza', descripcion: '', precio_centavos: 85050, categoria_id: 2, iva: 21 };

describe('priceInCents', () => {
  it('keeps two decimals of a text or a number', () => {
    const cases: Array<[string | number, number]> = [
      ['120.5', 12050],
      [850.5, 85050],
      ['1.005', 101],
      [' 7 ', 700],
      ['.5', 50],
      ['99999999.99', 9_999_999_999],
    ];
    for (const [input, cents] of cases) assert.equal(priceInCents(input), cents, String(input));
  });

  it('refuses what is not above zero, below 10^8 and written with a decimal point', () => {
    for (const input of [
      '',
      '0',
      '-1',
      '1,5',
      '1e3',
      '0x10',
      'NaN',
      '0.001',
      '99999999.999',
      '.',
      0,
      -1,
      1e8,
      1e-7,
      Infinity,
      NaN,
    ]) {
      assert.equal(priceInCents(input), undefined, String(input));
    }
  });
});

describe('changedFields', () => {
  it('lists what differs by value, and nothing else', () => {
    assert.deepEqual(changedFields(product, { ...product }), []);
    const after = { nombre_producto: 'Grande', descripcion: 'Rica', precio_centavos: 1, categoria_id: null, iva: 27 };
    assert.deepEqual(changedFields(product, after), ['nombre_producto', 'descripcion', 'precio', 'categoria_id']);
    assert.deepEqual(changedFields(product, product, true), ['imagenes']);
    assert.deepEqual(changedFields(product, { ...product, iva: 0 }), []);
  });
});

describe('ivaRate', () => {
  it('knows the four rates, with point or comma', () => {
    const written = [21, '21', '10.5', '10,5', 0, '0', '27.0', ' 27 '];
    assert.deepEqual(written.map(ivaRate), [21, 21, 10.5, 10.5, 0, 0, 27, 27]);
    for (const input of ['', '20', '1e1', '21%', -21, NaN, '1,0,5']) {
      assert.equal(ivaRate(input), undefined, String(input));
    }
  });
});

describe('announcementOf', () => {
  const updated = { ...product, producto_id: 15, tenant_id: 1, categoria_nombre: 'Pizzas' };
  const at = { promotions: [] as PromotionView[], today: '2024-01-15', now: new Date(0) };
  const promotion: PromotionView = {
    promocion_id: 5,
    nombre: 'Verano',
    tipo_promocion: 'porcentaje',
    valor_descuento: 10,
    fecha_inicio: '2024-01-01T00:00:00.000Z',
    fecha_fin: '2024-01-31T00:00:00.000Z',
    productos_incluidos: [15],
  };

  it('has the form of the topic, with and without a category', () => {
    for (const variant of [updated, { ...updated, categoria_id: null, categoria_nombre: null }]) {
      productoActualizado.schema.parse(announcementOf(variant, ['precio'], at));
    }
    assert.equal(announcementOf({ ...updated, categoria_id: null }, ['precio'], at).producto.categoria, null);
  });

  it('tells promotions as the topic has them: in words, and as per cent of the price', () => {
    const amount = { ...promotion, promocion_id: 6, tipo_promocion: 'monto' as const };
    const promotions = [
      promotion,
      { ...amount, valor_descuento: 50 },
      { ...amount, valor_descuento: 1234.5, fecha_inicio: '2024-01-16T00:00:00.000Z' },
    ];
    const message = announcementOf(updated, ['precio'], { ...at, promotions });
    productoActualizado.schema.parse(message);
    assert.deepEqual(message.producto.promociones, [
      {
        promocion_id: 5,
        nombre: 'Verano',
        descripcion: '10 % de descuento',
        descuento_porcentaje: 10,
        fecha_inicio: '2024-01-01T00:00:00Z',
        fecha_fin: '2024-01-31T23:59:59Z',
        estado: 'activa',
      },
      {
        ...message.producto.promociones[1],
        descripcion: '$ 50 de descuento por unidad',
        descuento_porcentaje: 5.88,
        estado: 'activa',
      },
      {
        ...message.producto.promociones[2],
        descripcion: '$ 1.234,5 de descuento por unidad',
        descuento_porcentaje: 100,
        estado: 'programada',
      },
    ]);
  });
});

describe('topics of the catalog', () => {
  it('have valid examples', () => {
    for (const topic of [categoriaCreada, productoActualizado]) topic.schema.parse(topic.example);
  });
});
