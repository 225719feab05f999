import assert from 'node:assert/strict';
import { announcementOf, changedFields, priceInCents } from './rules.ts';
import { categoriaCreada, productoActualizado } from './topics.ts';

const product = { nombre_producto: 'Pizza', descripcion: '', precio_centavos: 85050, categoria_id: 2 };

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
    const after = { nombre_producto: 'Pizza grande', descripcion: 'Rica', precio_centavos: 1, categoria_id: null };
    assert.deepEqual(changedFields(product, after), ['nombre_producto', 'descripcion', 'precio', 'categoria_id']);
  });
});

describe('announcementOf', () => {
  it('has the form of the topic, with and without a category', () => {
    const updated = { ...product, producto_id: 15, tenant_id: 1, categoria_nombre: 'Pizzas' };
    for (const variant of [updated, { ...updated, categoria_id: null, categoria_nombre: null }]) {
      productoActualizado.schema.parse(announcementOf(variant, ['precio'], new Date(0)));
    }
    assert.equal(announcementOf({ ...updated, categoria_id: null }, ['precio'], new Date(0)).producto.categoria, null);
  });
});

describe('topics of the catalog', () => {
  it('have valid examples', () => {
    for (const topic of [categoriaCreada, productoActualizado]) topic.schema.parse(topic.example);
  });
});
