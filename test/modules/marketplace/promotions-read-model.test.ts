import assert from 'node:assert/strict';
import { openDatabase, together, type Database, type Sql } from '../../../src/kernel/database.ts';
import { promotionsInForce, promotionsOf } from '../../../src/modules/marketplace/promotions/read-model.ts';
import { insertPromotion } from '../../../src/modules/marketplace/promotions/repository.ts';
import { cloneDatabase, type TestDatabase } from '../../support/database.ts';
import { openShop, type Shop } from '../../support/shop.ts';

const ENERO = {
  nombre: 'Enero',
  tipo_promocion: 'monto',
  valor_centesimos: 5050,
  fecha_inicio: '2030-01-10',
  fecha_fin: '2030-01-20',
} as const;
const VERANO = {
  nombre: 'Verano',
  tipo_promocion: 'porcentaje',
  valor_centesimos: 1250,
  fecha_inicio: '2030-01-15',
  fecha_fin: '2030-03-01',
} as const;

describe('promotions, as other modules read them', () => {
  let cloned: TestDatabase;
  let database: Database;
  let shop: Shop;
  let [uno, dos, tres] = [0, 0, 0];
  before(async () => {
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 2, onError: () => undefined });
    const [other, own] = [await openShop(database), await openShop(database, { productos: 3 })];
    shop = own;
    [uno, dos, tres] = own.productos as [number, number, number];
    const add = ({ tenantId }: Shop, fields: typeof ENERO | typeof VERANO, productos: number[]) =>
      database.transaction({ tenantId }, (trx) => insertPromotion(trx, tenantId, fields, productos, new Date()));
    await add(other, ENERO, other.productos);
    await add(own, ENERO, [uno, dos]);
    await add(own, VERANO, [uno]);
  });
  after(async () => {
    await database.close();
    await cloned.drop();
  });

  const of = (today: string, ids: number[] | null = null) =>
    database.transaction({ tenantId: shop.tenantId }, (trx) => promotionsOf(trx, shop.tenantId, ids, today));
  const namesOf = async (today: string, ids: number[] | null = null) =>
    [...(await of(today, ids))].map(([id, views]) => [id, views.map(({ nombre }) => nombre)]);
  const inForce = (now: string, ids = [uno, dos, tres]) =>
    database.transaction('system', (trx) => promotionsInForce(trx, ids, new Date(now)));
  const namesInForce = async (now: string) =>
    (await inForce(now)).map(({ productoId, nombre }) => [productoId, nombre]);

  it('gives each product its promotions until the last day is over', async () => {
    const both = [
      [uno, ['Enero', 'Verano']],
      [dos, ['Enero']],
    ];
    assert.deepEqual(await namesOf('2029-12-01'), both);
    assert.deepEqual(await namesOf('2030-01-20'), both);
    assert.deepEqual(await namesOf('2030-01-21'), [[uno, ['Verano']]]);
    assert.deepEqual(await namesOf('2030-03-02'), []);
    assert.deepEqual(await namesOf('2030-01-20', [dos]), [[dos, ['Enero']]]);
    assert.deepEqual(await namesOf('2030-01-20', [tres]), []);
    assert.deepEqual(await namesOf('2030-01-20', []), []);
    const view = (await of('2030-01-20', [dos])).get(dos)?.[0];
    assert.deepEqual(
      { ...view, promocion_id: typeof view?.promocion_id },
      {
        promocion_id: 'number',
        nombre: 'Enero',
        tipo_promocion: 'monto',
        valor_descuento: 50.5,
        fecha_inicio: '2030-01-10T00:00:00.000Z',
        fecha_fin: '2030-01-20T00:00:00.000Z',
        productos_incluidos: [uno, dos],
      },
    );
  });

  it('reads them in one statement, issued at once, so that it travels with another', async () => {
    await database.transaction({ tenantId: shop.tenantId }, async (trx) => {
      let issued = 0;
      const counting: Sql = {
        ...trx,
        rows: <Row extends object>(text: string, values?: readonly unknown[]) => (
          (issued += 1),
          trx.rows<Row>(text, values)
        ),
      };
      const reading = promotionsOf(counting, shop.tenantId, null, '2030-01-20');
      assert.equal(issued, 1);
      await together([reading, trx.rows('SELECT 1')]);
      assert.equal(issued, 1);
    });
  });

  it('tells orders what is in force, both days included, as Buenos Aires counts days', async () => {
    assert.deepEqual(await namesInForce('2030-01-10T02:59:59Z'), []); // still the 9th there
    assert.deepEqual(await namesInForce('2030-01-10T03:00:00Z'), [
      [uno, 'Enero'],
      [dos, 'Enero'],
    ]);
    assert.deepEqual(await namesInForce('2030-01-21T02:59:59Z'), [
      [uno, 'Enero'],
      [uno, 'Verano'],
      [dos, 'Enero'],
    ]);
    assert.deepEqual(await namesInForce('2030-01-21T03:00:00Z'), [[uno, 'Verano']]);
    assert.deepEqual(await namesInForce('2030-03-02T03:00:00Z'), []);
    assert.deepEqual(await inForce('2030-01-12T12:00:00Z', []), []);
    const [first] = await inForce('2030-01-12T12:00:00Z', [dos]);
    assert.deepEqual(
      { ...first, promocionId: 0 },
      {
        productoId: dos,
        promocionId: 0,
        nombre: 'Enero',
        tipo: 'monto',
        valorCentesimos: 5050,
      },
    );
  });
});
