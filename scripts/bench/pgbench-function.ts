import { ADDRESS, CUSTOMER, PRICE_CENTS, QUANTITY, SELLER } from './orders.ts';

const PRICE = PRICE_CENTS / 100;

/**
 * One event taken by the database alone: the checks and writes of the service's batch, for a batch of one. Stock is
 * locked as late as one transaction an event allows: when its line's turn has come, the order being written.
 */
export const BENCH_FUNCTION = `
CREATE FUNCTION bench_order(pedido text, wanted int[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  about constant text := 'pedido:' || pedido;
  count constant int := cardinality(wanted);
  seller record;
  shelf record;
  event bigint;
  orden bigint;
  product int;
  line int := 0;
  productos text := '';
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(about, 0));
  event := nextval('events_event_id_seq');
  PERFORM FROM inbox WHERE key = pedido AND topic = 'pedido.creado' AND subscriber = 'marketplace' AND organization = '';
  IF FOUND THEN RETURN; END IF;
  SELECT s.tenant_id, s.nombre INTO seller FROM sellers s JOIN tenants t ON t.tenant_id = s.tenant_id
    WHERE s.comercio_id = ${SELLER} AND s.eliminado_en IS NULL AND t.eliminado_en IS NULL AND t.estado = 'activo';
  IF NOT FOUND THEN RAISE EXCEPTION 'comercio desconocido'; END IF;
  orden := nextval('orders_orden_id_seq');
  FOREACH product IN ARRAY wanted LOOP
    productos := productos || CASE WHEN productos = '' THEN '' ELSE ',' END
      || '{"producto_id":' || product || ',"cantidad":${QUANTITY},"precio_unitario":${PRICE}}';
  END LOOP;

  INSERT INTO inbox (key, topic, subscriber, organization, content_hash, outcome, event_id)
    VALUES (pedido, 'pedido.creado', 'marketplace', '', decode(md5(productos || pedido), 'hex'), 'done', event);
  INSERT INTO events (event_id, source, subscriber, organization, topic, subject, body, outcome)
    VALUES (event, 'hub', 'marketplace', '', 'pedido.creado', about,
      '{"topic":"pedido.creado","payload":{"pedidoId":"' || pedido || '","comercio_id":${SELLER},"cliente_nombre":"${CUSTOMER}","direccion_entrega":"${ADDRESS}","productos":['
      || productos || '],"medios_pago":"fiat","total":' || trim_scale(${PRICE} * ${QUANTITY} * count) || '}}', 'done');
  INSERT INTO orders (orden_id, tenant_id, comercio_id, pedido_id, cliente_nombre, direccion_entrega, medios_pago,
      estado, total_centavos, total_informado_centavos)
    VALUES (orden, seller.tenant_id, ${SELLER}, pedido, '${CUSTOMER}', '${ADDRESS}', 'fiat', 'pendiente',
      ${PRICE_CENTS} * ${QUANTITY} * count, ${PRICE_CENTS} * ${QUANTITY} * count);
  INSERT INTO outbox (destination, topic, ordering_key, payload, tenant_id, event_id)
    VALUES ('hub', 'pedido.confirmar', about, ('{"pedidoId":"' || pedido || '","comercio_id":${SELLER},"cliente_nombre":"${CUSTOMER}","direccion_entrega":"${ADDRESS}","productos":['
      || productos || ']}')::json, seller.tenant_id, event);
  PERFORM FROM parked_events WHERE wait_key = about AND state = 'waiting' ORDER BY parked_id FOR UPDATE;
  PERFORM pg_notify('outbox', 'hub') WHERE EXISTS (SELECT FROM relays WHERE destination = 'hub' AND asleep AND alive_until > now());

  FOREACH product IN ARRAY wanted LOOP
    line := line + 1;
    SELECT p.nombre_producto, p.descripcion, p.precio_centavos, p.iva_pct, p.categoria_id, c.nombre AS categoria, st.cantidad, st.version
      INTO shelf
      FROM products p
      JOIN stock st ON st.tenant_id = p.tenant_id AND st.comercio_id = ${SELLER} AND st.producto_id = p.producto_id
      LEFT JOIN categories c ON c.tenant_id = p.tenant_id AND c.categoria_id = p.categoria_id
      WHERE p.producto_id = product AND p.tenant_id = seller.tenant_id AND p.eliminado_en IS NULL
      FOR NO KEY UPDATE OF st;
    IF NOT FOUND OR shelf.cantidad < ${QUANTITY} THEN RAISE EXCEPTION 'sin stock: producto %', product; END IF;
    PERFORM FROM promotion_products pp JOIN promotions pr ON pr.promocion_id = pp.promocion_id AND pr.tenant_id = pp.tenant_id
      WHERE pp.producto_id = product AND current_date BETWEEN pr.fecha_inicio AND pr.fecha_fin;
    IF FOUND THEN RAISE EXCEPTION 'the bench has no promotions'; END IF;
    INSERT INTO order_lines (tenant_id, orden_id, linea, producto_id, nombre_producto, cantidad, precio_centavos, iva_pct, precio_catalogo_centavos)
      VALUES (seller.tenant_id, orden, line, product, shelf.nombre_producto, ${QUANTITY}, ${PRICE_CENTS}, shelf.iva_pct, shelf.precio_centavos);
    INSERT INTO stock_ledger (tenant_id, comercio_id, producto_id, version, cantidad_anterior, cantidad_nueva, motivo, orden_id)
      VALUES (seller.tenant_id, ${SELLER}, product, shelf.version + 1, shelf.cantidad, shelf.cantidad - ${QUANTITY}, 'venta', orden);
    INSERT INTO outbox (destination, topic, ordering_key, payload, tenant_id, event_id)
      VALUES ('hub', 'stock.actualizado', 'stock:${SELLER}:' || product,
        ('{"comercio":{"comercio_id":${SELLER},"nombre":' || to_json(seller.nombre) || ',"tenant_id":' || seller.tenant_id
        || '},"producto":{"producto_id":' || product || ',"nombre_producto":' || to_json(shelf.nombre_producto)
        || ',"descripcion":' || to_json(shelf.descripcion) || ',"precio":' || trim_scale(shelf.precio_centavos / 100.0)
        || ',"categoria_id":' || coalesce(shelf.categoria_id::text, 'null') || ',"categoria_nombre":' || coalesce(to_json(shelf.categoria)::text, 'null')
        || '},"stock":{"cantidad_anterior":' || shelf.cantidad || ',"cantidad_nueva":' || shelf.cantidad - ${QUANTITY}
        || '},"timestamp":"' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') || '"}')::json,
        seller.tenant_id, event);
    UPDATE stock SET cantidad = shelf.cantidad - ${QUANTITY}, version = shelf.version + 1
      WHERE tenant_id = seller.tenant_id AND comercio_id = ${SELLER} AND producto_id = product AND version = shelf.version;
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION bench_order(text, int[]) TO marketplace_system`;
