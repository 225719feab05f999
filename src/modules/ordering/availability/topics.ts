import { z } from 'zod';
import { contentKey } from '../../../events/content-key.ts';
import { defineTopic } from '../../../events/topic.ts';
import { envelope, wireMoment, wireName } from '../../../kernel/envelope.ts';

const EXCHANGE = 'inventory_events';

/** What stock and prices of a variant are about: one lock, one order. */
export const variantSubject = (organizationId: string, variantId: string) => `variante:${organizationId}:${variantId}`;

const amount = z.int().min(0).max(2_000_000_000);
/** The inventory does not say it inside as well; if it does, it must be the same. */
const inside = { organization_id: wireName.optional() };
const quantities = z.object({ total: amount, available: amount, reserved: amount, damaged: amount });

export type StockUpdated = z.output<(typeof stockUpdated)['schema']>;
export type StockDepleted = z.output<(typeof stockDepleted)['schema']>;

export const stockUpdated = defineTopic({
  name: 'inventory.stock.updated',
  direction: 'in',
  producer: 'Inventory Service',
  description: 'El inventario cambió el stock de una variante en un depósito.',
  amqp: { exchange: EXCHANGE },
  schema: envelope(
    'inventory.stock.updated',
    z.object({
      ...inside,
      stock_id: wireName,
      variant_id: wireName,
      warehouse_id: wireName,
      quantities,
      previous_quantities: quantities,
      change_type: wireName,
      movement_id: wireName,
    }),
  ),
  key: ({ data }) => data.movement_id,
  subject: ({ organization_id, data }) => variantSubject(organization_id, data.variant_id),
  example: {
    event: 'inventory.stock.updated',
    version: '1.0',
    timestamp: '2025-11-23T15:00:00Z',
    organization_id: 'org_123',
    data: {
      stock_id: 'stock_456',
      variant_id: 'var_789',
      warehouse_id: 'wh_101',
      quantities: { total: 150, available: 120, reserved: 25, damaged: 5 },
      previous_quantities: { total: 145, available: 115, reserved: 25, damaged: 5 },
      change_type: 'in',
      movement_id: 'mov_123',
    },
  },
});

export const stockDepleted = defineTopic({
  name: 'inventory.stock.depleted',
  direction: 'in',
  producer: 'Inventory Service',
  description: 'El stock de una variante en un depósito llegó a cero.',
  amqp: { exchange: EXCHANGE },
  schema: envelope(
    'inventory.stock.depleted',
    z.object({
      ...inside,
      stock_id: wireName,
      variant_id: wireName,
      warehouse_id: wireName,
      last_movement_at: wireMoment,
    }),
  ),
  key: ({ event, organization_id, data, timestamp }) => contentKey(event, organization_id, data, timestamp),
  subject: ({ organization_id, data }) => variantSubject(organization_id, data.variant_id),
  example: {
    event: 'inventory.stock.depleted',
    version: '1.0',
    timestamp: '2025-11-23T14:00:00Z',
    organization_id: 'org_123',
    data: {
      stock_id: 'stock_456',
      variant_id: 'var_789',
      warehouse_id: 'wh_101',
      last_movement_at: '2025-11-23T14:00:00Z',
    },
  },
});
