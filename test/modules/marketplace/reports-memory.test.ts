import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openDatabase, type Database } from '../../../src/kernel/database.ts';
import { cloneDatabase, type TestDatabase } from '../../support/database.ts';
import { openShop, type Shop } from '../../support/shop.ts';
import type { Cost, Question } from './reports-child.ts';

const MONTH = 80_000;
const LONG = process.env.TEST_LONG === '1';
const ALL = LONG ? 1_000_000 : 100_000;
const MIB = 1024 * 1024;
/** What a page and its garbage may take; a month is many times that. */
const FLAT = 12 * MIB;

describe(`a month of ${MONTH} orders among ${ALL}`, () => {
  let cloned: TestDatabase;
  let database: Database;
  let shop: Shop;

  before(async function () {
    this.timeout(LONG ? 600_000 : 60_000);
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 2, onError: () => undefined });
    shop = await openShop(database);
    const { tenantId, comercioId, productos } = shop;
    await database.transaction('system', async (trx) => {
      await trx.run(`SET LOCAL statement_timeout = '10min'`);
      // The month is May; the others are of the days before it.
      await trx.run(
        `INSERT INTO orders (orden_id, tenant_id, comercio_id, pedido_id, cliente_nombre, direccion_entrega, medios_pago, estado,
                             total_centavos, fecha_creacion)
         SELECT n, $1, $2, 'P' || n, 'Juan', 'Av. Corrientes ' || n || ', CABA', 'fiat', 'finalizada', 90100 + n % 7 * 105,
                timestamptz '2024-05-01 03:00Z' + CASE WHEN n <= $3 THEN n * interval '33 s' ELSE -n * interval '10 s' END
         FROM generate_series(1, $4) AS n`,
        [tenantId, comercioId, MONTH, ALL],
      );
      await trx.run(
        `INSERT INTO order_lines (tenant_id, orden_id, linea, producto_id, nombre_producto, cantidad, precio_centavos, iva_pct)
         SELECT $1, n, line, $2, 'Pizza Margherita', 1, CASE line WHEN 1 THEN 90100 ELSE n % 7 * 105 END, CASE line WHEN 1 THEN 21 ELSE 10.5 END
         FROM generate_series(1, $3) AS n, generate_series(1, 2) AS line`,
        [tenantId, productos[0], ALL],
      );
    });
    await database.pool.query('ANALYZE');
  });
  after(async () => {
    await database.close();
    await cloned.drop();
  });

  const ask = async (what: Question['ask']): Promise<Cost> => {
    const child = fork(fileURLToPath(new URL('./reports-child.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx', '--expose-gc'],
    });
    const question: Question = {
      databaseUrl: cloned.url,
      tenantId: shop.tenantId,
      ask: what,
      desde: '2024-05-01',
      hasta: '2024-05-31',
    };
    child.send(question);
    const [cost] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
    ])) as [Cost];
    return cost;
  };
  const sent = (topic: string, list: string) =>
    database.transaction('system', (trx) =>
      trx.one<{ parts: number; items: number; bytes: number; largest: number; numbered: boolean }>(
        `SELECT count(*) AS parts, sum(json_array_length(payload->$2)) AS items, sum(octet_length(payload::text)) AS bytes,
                max(octet_length(payload::text)) AS largest,
                bool_and((payload->>'parte')::int = number AND (payload->>'partes')::int = total) AS numbered
         FROM (SELECT payload, row_number() OVER (ORDER BY message_id) AS number, count(*) OVER () AS total FROM outbox
               WHERE topic = $1 AND payload->>'fechaDesde' = '2024-05-01') AS answer`,
        [topic, list],
      ),
    );

  for (const [topic, answer, list] of [
    ['ventas.mes', 'venta.mes.respuesta', 'ventas'],
    ['iva.pedido', 'iva.respuesta', 'pedidos'],
  ] as const) {
    it(`is told to accounting (${answer}) in numbered parts, and costs the service no memory`, async () => {
      const { growth, blocked } = await ask(topic);
      const { parts, items, bytes, largest, numbered } = await sent(answer, list);
      assert.deepEqual([items, numbered], [MONTH, true]);
      assert.ok(parts > 5 && largest <= MIB - 50, `${parts} parts, the largest of ${largest}`);
      assert.ok(growth < FLAT && growth * 1.5 < bytes, `grew by ${growth} for an answer of ${bytes}`);
      assert.ok(blocked < 500, `blocked for ${blocked} ms`);
    });
  }

  for (const form of ['json', 'csv'] as const) {
    it(`is downloaded as ${form} page by page`, async () => {
      const { growth, streamed, blocked } = await ask(form);
      assert.ok(streamed > MONTH * 80, `${streamed} bytes`);
      assert.ok(growth < FLAT, `grew by ${growth} for ${streamed}`);
      assert.ok(blocked < 500, `blocked for ${blocked} ms`);
    });
  }
});
