import type pg from 'pg';

/** How many rows each table holds, or gained. */
export type RowCounts = Record<(typeof TABLES)[number], number>;

const TABLES = ['events', 'inbox', 'orders', 'order_lines', 'stock_ledger', 'outbox'] as const;

export async function countRows(admin: pg.Client): Promise<RowCounts> {
  const counts = TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`).join(', ');
  const { rows } = await admin.query<RowCounts>(`SELECT ${counts}`);
  return rows[0] as RowCounts;
}

/** @throws Error unless every accepted order left its rows in every table, and nothing else did. */
export function checkGained(what: string, before: RowCounts, after: RowCounts, orders: number, lines: number): void {
  const expected: RowCounts = {
    events: orders, inbox: orders, orders, order_lines: orders * lines, stock_ledger: orders * lines, outbox: orders * (1 + lines),
  };
  const wrong = TABLES.filter((table) => after[table] - before[table] !== expected[table]);
  if (wrong.length === 0) return;
  const each = wrong.map((table) => `${table} gained ${after[table] - before[table]} instead of ${expected[table]}`);
  throw new Error(`${what}, ${orders} orders of ${lines} lines: ${each.join('; ')}`);
}

/** @throws Error where the stock is not the sum of its ledger, or went below zero, or the chain has a gap. */
export async function checkLedger(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ wrong: number }>(`
    SELECT count(*)::int AS wrong FROM stock s JOIN (
      SELECT tenant_id, comercio_id, producto_id, sum(delta) AS total, count(*) AS steps, max(version) AS last
      FROM stock_ledger GROUP BY tenant_id, comercio_id, producto_id) l USING (tenant_id, comercio_id, producto_id)
    WHERE s.cantidad <> l.total OR s.cantidad < 0 OR s.version <> l.steps OR s.version <> l.last`);
  if (rows[0]?.wrong !== 0) throw new Error(`${rows[0]?.wrong} products whose stock is not the sum of their ledger`);
}

/**
 * Everything an order wrote, as text, without what differs from order to order (ids, times, its own name, the stock
 * it met). The key order and spelling of JSON count: all three must write the very same messages.
 */
export async function fingerprint(admin: pg.Client, pedidoId: string): Promise<string> {
  const { rows } = await admin.query<{ rows: string }>(
    `WITH o AS (SELECT * FROM orders WHERE pedido_id = $1), e AS (SELECT * FROM events WHERE subject = 'pedido:' || $1)
     SELECT jsonb_pretty(jsonb_build_object(
       'events', (SELECT jsonb_agg(to_jsonb(e) - '{event_id,received_at,settled_at}'::text[]) FROM e),
       'inbox', (SELECT jsonb_agg(to_jsonb(i) - '{event_id,processed_at,content_hash}'::text[] || jsonb_build_object('hash', octet_length(content_hash)))
                 FROM inbox i WHERE i.key = $1),
       'orders', (SELECT jsonb_agg(to_jsonb(o) - '{orden_id,fecha_creacion,fecha_actualizacion}'::text[]) FROM o),
       'order_lines', (SELECT jsonb_agg(to_jsonb(l) - 'orden_id' ORDER BY linea) FROM order_lines l JOIN o USING (tenant_id, orden_id)),
       'stock_ledger', (SELECT jsonb_agg(to_jsonb(l) - '{orden_id,version,cantidad_anterior,cantidad_nueva,fecha}'::text[] ORDER BY l.producto_id)
                        FROM stock_ledger l JOIN o USING (tenant_id, orden_id)),
       'outbox', (SELECT jsonb_agg(to_jsonb(m) - '{message_id,event_id,slot,created_at,payload}'::text[] || jsonb_build_object('payload', payload::text) ORDER BY message_id)
                  FROM outbox m JOIN e USING (event_id))
     )) AS rows`,
    [pedidoId],
  );
  return (rows[0]?.rows ?? '')
    .replaceAll(pedidoId, '<pedido>')
    .replace(/(\\"cantidad_(?:anterior|nueva)\\":)\d+/g, '$1<n>')
    .replace(/(\\"timestamp\\":\\")[^\\]*/g, '$1<time>');
}
