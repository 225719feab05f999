import { ORGANIZATION } from './orders.ts';
import { VARIANTS, WAREHOUSES } from './stock-messages.ts';

/** One `inventory.stock.updated` taken by the database alone: the reads and writes of the service's batch, for a batch of one. */
export const STOCK_FUNCTION = `
CREATE FUNCTION bench_stock(run text, n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  variant constant text := 'var_' || n % ${VARIANTS};
  warehouse constant text := 'wh_' || n % ${WAREHOUSES};
  about constant text := 'variante:${ORGANIZATION}:' || variant;
  movement constant text := 'mov_' || run || '_' || n;
  said constant timestamptz := timestamptz '2025-11-23T15:00:00Z' + n * interval '1 ms';
  amount constant int := 1 + n % 500;
  body constant text := '{"event":"inventory.stock.updated","version":"1.0","timestamp":"' || to_char(said AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    || '","organization_id":"${ORGANIZATION}","data":{"stock_id":"stock_' || n % ${VARIANTS} || '","variant_id":"' || variant || '","warehouse_id":"' || warehouse
    || '","quantities":{"total":' || amount || ',"available":' || amount || ',"reserved":0,"damaged":0},"previous_quantities":{"total":' || amount + 1
    || ',"available":' || amount + 1 || ',"reserved":0,"damaged":0},"change_type":"out","movement_id":"' || movement || '"}}';
  event bigint;
  tenant int;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(about, 0));
  event := nextval('events_event_id_seq');
  PERFORM FROM inbox WHERE key = movement AND topic = 'inventory.stock.updated' AND subscriber = 'ordering' AND organization = '${ORGANIZATION}';
  IF FOUND THEN RETURN; END IF;
  SELECT tenant_id INTO tenant FROM organizations WHERE organization_id = '${ORGANIZATION}';
  PERFORM available, as_of FROM ordering_availability WHERE variant_id = variant AND tenant_id = tenant;
  PERFORM FROM ordering_cart_items WHERE variant_id = variant AND tenant_id = tenant AND in_active_cart;
  PERFORM FROM ordering_waitlist WHERE variant_id = variant AND tenant_id = tenant AND notified_at IS NULL;
  INSERT INTO inbox (key, topic, subscriber, organization, content_hash, outcome, event_id)
    VALUES (movement, 'inventory.stock.updated', 'ordering', '${ORGANIZATION}', decode(md5(body), 'hex'), 'done', event);
  INSERT INTO events (event_id, source, subscriber, organization, topic, subject, body, outcome)
    VALUES (event, 'amqp', 'ordering', '${ORGANIZATION}', 'inventory.stock.updated', about, body, 'done');
  INSERT INTO ordering_availability AS a (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of, previous_available)
    VALUES (variant, warehouse, tenant, amount, amount, 0, 0, said, amount + 1)
    ON CONFLICT (variant_id, warehouse_id, tenant_id) DO UPDATE
      SET total = excluded.total, available = excluded.available, reserved = 0, damaged = 0, as_of = excluded.as_of,
          previous_available = excluded.previous_available
      WHERE a.as_of <= excluded.as_of;
  PERFORM pg_notify('ordering_cache', tenant || ' stock:availability:' || variant || ':' || warehouse);
END $$;
GRANT EXECUTE ON FUNCTION bench_stock(text, int) TO marketplace_system`;

/** Clients count side by side, each at other variants: they do not wait for one another, and each message is news. */
export const STOCK_SCRIPT = `\\set n :n + 1
\\set at :n + :client_id * 61
SELECT bench_stock(:run || '-' || :client_id, :at::int);
`;
