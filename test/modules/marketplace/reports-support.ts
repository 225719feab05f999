import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { createDispatcher, type Dispatcher } from '../../../src/events/dispatcher.ts';
import { noProbe } from '../../../src/events/probe.ts';
import { createRegistry } from '../../../src/events/registry.ts';
import type { Topic } from '../../../src/events/topic.ts';
import { loadModules } from '../../../src/modules.ts';
import { contractOf, differences } from '../../contracts/shapes.ts';
import { addSeller, openRestApp, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

export interface Line {
  cantidad: number;
  /** Cents. */
  precio: number;
  /** Tenths of a per cent. */
  rate: number;
  nombre: string;
}

export interface Order {
  shop: number;
  seller: number;
  estado: string;
  /** ISO, to the millisecond. */
  fecha: string;
  direccion: string;
  lines: Line[];
}

export interface Placed extends Order {
  id: number;
  pedidoId: string;
  tenantId: number;
  comercioId: number;
}

export interface ReportShop {
  admin: SignedIn;
  tenantId: number;
  comercios: [number, number];
  producto: number;
}

type Payload = Record<string, unknown>;

export interface Answers {
  payloads: Payload[];
  /** The text of each, as it will go out. */
  texts: string[];
  keys: string[];
}

export interface ReportsBench {
  app: RestApp;
  shops: [ReportShop, ReportShop];
  /** Takes all orders away and writes these. */
  place(orders: readonly Order[]): Promise<Placed[]>;
  /** Delivers a question; what it was told, and what the outbox got, checked against topic and contract. */
  ask(
    topic: string,
    question: object,
    maxMessageBytes?: number,
  ): Promise<Answers & { told: { state: string; code?: string } }>;
  close(): Promise<void>;
}

const EXTRA = ['fechaDesde', 'fechaHasta', 'traceData', 'parte', 'partes', 'pedidos[].pedido_externo'];

/** Two tenants of two sellers each; the REST side, and the event core without a relay. */
export async function openReportsBench(): Promise<ReportsBench> {
  const app = await openRestApp();
  const { database, log } = app.deps;
  const shops: [ReportShop, ReportShop] = [await openReportShop(app), await openReportShop(app)];
  const cores = new Map<number, { dispatcher: Dispatcher; topics: Map<string, Topic> }>();
  const coreFor = (maxMessageBytes: number) => {
    const known = cores.get(maxMessageBytes);
    if (known) return known;
    const registry = createRegistry();
    const modules = loadModules({
      ...app.deps,
      config: { ...app.deps.config, HUB_MAX_MESSAGE_BYTES: maxMessageBytes },
    });
    for (const one of modules.flatMap(({ subscriptions }) => subscriptions ?? [])) registry.add(one);
    const topics = new Map(
      modules.flatMap((module) => module.topics ?? []).map((topic) => [topic.name, topic as Topic]),
    );
    const core = {
      topics,
      dispatcher: createDispatcher(database, {
        registry,
        log,
        probe: noProbe,
        clock: () => new Date(),
        parkTtlMs: 1000,
        metrics: { settled: () => undefined },
      }),
    };
    cores.set(maxMessageBytes, core);
    return core;
  };
  const system = <Row extends object>(sql: string, values: unknown[] = []) =>
    database.transaction('system', (trx) => trx.rows<Row>(sql, values));

  return {
    app,
    shops,
    async place(orders) {
      await database.pool.query('TRUNCATE orders, order_lines, order_history');
      const placed = orders.map((order, index) => {
        const shop = shops[order.shop] as ReportShop;
        return {
          ...order,
          id: index + 1,
          pedidoId: `P-${index + 1}`,
          tenantId: shop.tenantId,
          comercioId: shop.comercios[order.seller] as number,
        };
      });
      await writeOrders(
        app,
        placed,
        shops.map(({ producto }) => producto),
      );
      return placed;
    },
    async ask(topic, question, maxMessageBytes = 1_048_576) {
      const { dispatcher, topics } = coreFor(maxMessageBytes);
      const [last] = await system<{ id: number }>('SELECT coalesce(max(message_id), 0) AS id FROM outbox');
      const raw = JSON.stringify({ topic, payload: question });
      const verdict = await dispatcher.receive({
        source: 'hub',
        subscriber: 'marketplace',
        organization: '',
        receivedTopic: topic,
        raw,
        payload: question,
        traceId: randomUUID(),
      });
      const messages = await system<{ topic: string; text: string; key: string }>(
        'SELECT topic, payload::text AS text, ordering_key AS key FROM outbox WHERE message_id > $1 ORDER BY message_id',
        [last?.id],
      );
      const payloads = messages.map(({ text }) => JSON.parse(text) as Payload);
      messages.forEach(({ topic: name, key }, index) => {
        const sent = topics.get(name) as Topic;
        const parsed = sent.schema.safeParse(payloads[index]);
        assert.ok(parsed.success, JSON.stringify(parsed.error?.issues));
        assert.deepEqual(differences(contractOf('out', name).payload, payloads[index], { extra: EXTRA }), []);
        assert.equal(key, sent.subject(parsed.data));
      });
      return {
        told: { state: verdict.state, code: verdict.answer?.code },
        payloads,
        texts: messages.map(({ topic: name, text }) => `{"topic":${JSON.stringify(name)},"payload":${text}}`),
        keys: messages.map(({ key }) => key),
      };
    },
    async close() {
      for (const { dispatcher } of cores.values()) await dispatcher.close();
      await app.close();
    },
  };
}

async function openReportShop(app: RestApp): Promise<ReportShop> {
  const admin = await registerTenant(app);
  const comercios: [number, number] = [
    await addSeller(app, admin, { nombre: '=Centro; "A"' }),
    await addSeller(app, admin),
  ];
  const { producto } = await app.deps.database.transaction('system', (trx) =>
    trx.one<{ producto: number }>(
      `INSERT INTO products (tenant_id, nombre_producto, precio_centavos) VALUES ($1, 'Pizza', 1) RETURNING producto_id AS producto`,
      [admin.tenantId],
    ),
  );
  return { admin, tenantId: admin.tenantId, comercios, producto };
}

/** Each with a promotion in its total, which reports pass over: what an order comes to is the sum of its lines. */
async function writeOrders({ deps }: RestApp, orders: readonly Placed[], productos: readonly number[]): Promise<void> {
  const lines = orders.flatMap((order) => order.lines.map((line, index) => ({ ...line, order, linea: index + 1 })));
  await deps.database.transaction('system', async (trx) => {
    await trx.run(
      `INSERT INTO orders (orden_id, tenant_id, comercio_id, pedido_id, cliente_nombre, direccion_entrega, medios_pago, estado,
                           total_centavos, total_informado_centavos, fecha_creacion)
       SELECT id, tenant, comercio, pedido, 'Juan', direccion, 'fiat', estado, total, total - total / 10, fecha
       FROM unnest($1::bigint[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[])
         AS o(id, tenant, comercio, pedido, direccion, estado, total, fecha)`,
      [
        orders.map((o) => o.id),
        orders.map((o) => o.tenantId),
        orders.map((o) => o.comercioId),
        orders.map((o) => o.pedidoId),
        orders.map((o) => o.direccion),
        orders.map((o) => o.estado),
        orders.map((o) => o.lines.reduce((sum, line) => sum + line.cantidad * line.precio, 0)),
        orders.map((o) => o.fecha),
      ],
    );
    await trx.run(
      `INSERT INTO order_lines (tenant_id, orden_id, linea, producto_id, nombre_producto, cantidad, precio_centavos, iva_pct,
                                promocion_id, promocion, descuento_centavos, promocion_en_total)
       SELECT l.*, 1, 'Semana del pan', l.cantidad * l.precio / 10, true
       FROM unnest($1::int[], $2::bigint[], $3::smallint[], $4::int[], $5::text[], $6::int[], $7::bigint[], $8::numeric[])
         AS l(tenant, orden, linea, producto, nombre, cantidad, precio, iva)`,
      [
        lines.map((l) => l.order.tenantId),
        lines.map((l) => l.order.id),
        lines.map((l) => l.linea),
        lines.map((l) => productos[l.order.shop]),
        lines.map((l) => l.nombre),
        lines.map((l) => l.cantidad),
        lines.map((l) => l.precio),
        lines.map((l) => l.rate / 10),
      ],
    );
  });
}

// ---- what reports must say, by schoolbook arithmetic on whole numbers: nothing is shared with the code under test

export interface Split {
  net: bigint;
  total: bigint;
}

/** a / b to the nearest, halves up. */
const nearest = (a: bigint, b: bigint): bigint => ((a % b) * 2n >= b ? a / b + 1n : a / b);

/** The lines' amounts, in cents: each rate's net dealt out cent by cent to whoever is owed the largest rest. */
export function splitByHand(lines: readonly Line[]): { lines: Split[]; order: Split; rates: Map<number, Split> } {
  const totals = lines.map(({ cantidad, precio }) => BigInt(cantidad) * BigInt(precio));
  const nets = totals.map(() => 0n);
  const rates = new Map<number, Split>();
  for (const rate of [270, 210, 105, 0]) {
    const mine = lines.flatMap((line, index) => (line.rate === rate ? [index] : []));
    if (mine.length === 0) continue;
    const total = mine.reduce((sum, index) => sum + (totals[index] as bigint), 0n);
    const net = nearest(total * 1000n, BigInt(1000 + rate));
    rates.set(rate, { net, total });
    if (total === 0n) continue;
    const owed = new Map(mine.map((index) => [index, (net * (totals[index] as bigint)) % total]));
    for (const index of mine) nets[index] = (net * (totals[index] as bigint)) / total;
    for (let left = net - mine.reduce((sum, index) => sum + (nets[index] as bigint), 0n); left > 0n; left -= 1n) {
      const most = mine.reduce((best, index) =>
        (owed.get(index) as bigint) > (owed.get(best) as bigint) ? index : best,
      );
      nets[most] = (nets[most] as bigint) + 1n;
      owed.set(most, -1n);
    }
  }
  const add = (all: readonly bigint[]) => all.reduce((a, b) => a + b, 0n);
  const split = totals.map((total, index) => ({ total, net: nets[index] as bigint }));
  return { lines: split, rates, order: { net: add(nets), total: add(totals) } };
}

/** Cents as the number in JSON. */
export const inPesos = (cents: bigint): number => Number(`${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`);

export const half = (total: bigint, count: number): number =>
  count === 0 ? 0 : inPesos(nearest(total, BigInt(count)));

/** The orders of these days in Buenos Aires, oldest first. Since 2009 its clocks are three hours behind UTC, all year. */
export function ofPeriod(
  orders: readonly Placed[],
  desde: string | undefined,
  hasta: string | undefined,
  states: readonly string[],
): Placed[] {
  const day = (fecha: string) => new Date(Date.parse(fecha) - 3 * 3_600_000).toISOString().slice(0, 10);
  return orders
    .filter(
      ({ fecha, estado }) => states.includes(estado) && day(fecha) >= (desde ?? '') && day(fecha) <= (hasta ?? '9'),
    )
    .sort((a, b) => Date.parse(a.fecha) - Date.parse(b.fecha) || a.id - b.id);
}

export const SOLD = ['finalizada'];
export const BILLED = ['pendiente', 'aceptada', 'listo', 'finalizada'];

// ---- random data

const DAYS = [
  '2023-02-28',
  '2023-03-01',
  '2023-12-31',
  '2024-01-01',
  '2024-01-31',
  '2024-02-28',
  '2024-02-29',
  '2024-03-01',
];
const MIDNIGHT_MS = 3 * 3_600_000;

const moment = fc
  .tuple(
    fc.constantFrom(...DAYS),
    fc.oneof(fc.constantFrom(-1, 0, 1, -1000, 999), fc.integer({ min: -86_400_000, max: 86_400_000 })),
  )
  .map(([day, offset]) => new Date(Date.parse(`${day}T00:00:00Z`) + MIDNIGHT_MS + offset).toISOString());

const text = (maxLength: number) =>
  fc.oneof(
    fc.string({ unit: 'grapheme', maxLength }).filter((value) => value.isWellFormed() && !value.includes('\u0000')),
    fc.constantFrom(
      '=1+1',
      '+54 11',
      '-2',
      '@SUM(A1)',
      '\tx',
      '\rx',
      'a;b',
      'dice "hola"',
      'dos\r\nrenglones',
      ' =1',
      '"',
      "'",
    ),
  );

const line: fc.Arbitrary<Line> = fc.record({
  cantidad: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1_000_000 })),
  precio: fc.oneof(
    fc.integer({ min: 0, max: 30 }),
    fc.integer({ min: 1, max: 500_000 }),
    fc.integer({ min: 1, max: 90_000_000 }),
  ),
  rate: fc.constantFrom(0, 105, 210, 270),
  nombre: text(30),
});

export const order: fc.Arbitrary<Order> = fc.record({
  shop: fc.nat({ max: 1 }),
  seller: fc.nat({ max: 1 }),
  estado: fc.constantFrom(
    'pendiente',
    'aceptada',
    'rechazada',
    'listo',
    'finalizada',
    'finalizada',
    'finalizada',
    'cancelada',
  ),
  fecha: moment,
  direccion: text(40),
  lines: fc.array(line, { minLength: 1, maxLength: 7 }),
});

export const orders = fc.array(order, { maxLength: 25 });

/** Two days, in order. */
export const period = fc
  .tuple(fc.constantFrom(...DAYS), fc.constantFrom(...DAYS))
  .map(([a, b]) => (a <= b ? { fechaDesde: a, fechaHasta: b } : { fechaDesde: b, fechaHasta: a }));
