import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { envelope, wireMoment, wireName, wirePrice } from '../../../kernel/envelope.ts';
import { wireText } from '../../../kernel/wire.ts';
import { variantSubject } from '../availability/topics.ts';

const EXCHANGE = 'catalog_events';

const productSubject = (organizationId: string, productId: string) => `producto:${organizationId}:${productId}`;
/** Members we do not keep may be of any kind. */
const change = <Value extends z.ZodType>(value: Value) => z.object({ old: value.nullish(), new: value });
const updated = { organization_id: wireName, updated_by: wireName.nullish(), updated_at: wireMoment };
const deleted = { organization_id: wireName, deleted_by: wireName.nullish(), deleted_at: wireMoment };

export type ProductUpdated = z.output<(typeof productUpdated)['schema']>;
export type VariantUpdated = z.output<(typeof variantUpdated)['schema']>;
export type ProductDeleted = z.output<(typeof productDeleted)['schema']>;
export type VariantDeleted = z.output<(typeof variantDeleted)['schema']>;

export const productUpdated = defineTopic({
  name: 'catalog.product.updated',
  direction: 'in',
  producer: 'Catalog Service',
  description: 'Cambió un producto del catálogo. Los carritos conservan sus precios.',
  amqp: { exchange: EXCHANGE },
  schema: envelope(
    'catalog.product.updated',
    z.object({
      product_id: wireName,
      ...updated,
      changes: z.looseObject({ name: change(wireText(500)).optional(), base_price: change(wirePrice).optional() }),
    }),
  ),
  key: ({ data }) => `${data.product_id}@${data.updated_at}`,
  subject: ({ organization_id, data }) => productSubject(organization_id, data.product_id),
  example: {
    event: 'catalog.product.updated',
    version: '1.0',
    timestamp: '2025-11-23T16:00:00Z',
    organization_id: 'org_123',
    data: {
      product_id: 'prod_123',
      organization_id: 'org_123',
      changes: { name: { old: 'Camiseta Básica', new: 'Camiseta Premium' }, base_price: { old: 19.99, new: 29.99 } },
      updated_by: 'user_456',
      updated_at: '2025-11-23T16:00:00Z',
    },
  },
});

export const variantUpdated = defineTopic({
  name: 'catalog.variant.updated',
  direction: 'in',
  producer: 'Catalog Service',
  description: 'Cambió una variante. Los carritos activos toman su precio nuevo.',
  amqp: { exchange: EXCHANGE },
  schema: envelope(
    'catalog.variant.updated',
    z.object({
      variant_id: wireName,
      product_id: wireName,
      ...updated,
      changes: z.looseObject({ price: change(wirePrice).optional() }),
    }),
  ),
  key: ({ data }) => `${data.variant_id}@${data.updated_at}`,
  subject: ({ organization_id, data }) => variantSubject(organization_id, data.variant_id),
  example: {
    event: 'catalog.variant.updated',
    version: '1.0',
    timestamp: '2025-11-23T16:15:00Z',
    organization_id: 'org_123',
    data: {
      variant_id: 'var_789',
      product_id: 'prod_123',
      organization_id: 'org_123',
      changes: { price: { old: 29.99, new: 34.99 } },
      updated_by: 'user_456',
      updated_at: '2025-11-23T16:15:00Z',
    },
  },
});

export const productDeleted = defineTopic({
  name: 'catalog.product.deleted',
  direction: 'in',
  producer: 'Catalog Service',
  description: 'Se eliminó un producto: sale de los carritos y los pedidos sin pagar que lo tienen se cancelan.',
  amqp: { exchange: EXCHANGE },
  schema: envelope(
    'catalog.product.deleted',
    z.object({
      product_id: wireName,
      ...deleted,
      variant_ids: z.array(wireName).max(10_000),
      reason: wireText(500).nullish(),
    }),
  ),
  key: ({ data }) => `${data.product_id}@${data.deleted_at}`,
  subject: ({ organization_id, data }) => productSubject(organization_id, data.product_id),
  example: {
    event: 'catalog.product.deleted',
    version: '1.0',
    timestamp: '2025-11-23T17:00:00Z',
    organization_id: 'org_123',
    data: {
      product_id: 'prod_123',
      organization_id: 'org_123',
      variant_ids: ['var_456', 'var_789', 'var_101'],
      deleted_by: 'user_456',
      deleted_at: '2025-11-23T17:00:00Z',
      reason: 'Producto descontinuado',
    },
  },
});

export const variantDeleted = defineTopic({
  name: 'catalog.variant.deleted',
  direction: 'in',
  producer: 'Catalog Service',
  description: 'Se eliminó una variante: sale de los carritos y los pedidos sin pagar que la tienen se cancelan.',
  amqp: { exchange: EXCHANGE },
  schema: envelope('catalog.variant.deleted', z.object({ variant_id: wireName, product_id: wireName, ...deleted })),
  key: ({ data }) => `${data.variant_id}@${data.deleted_at}`,
  subject: ({ organization_id, data }) => variantSubject(organization_id, data.variant_id),
  example: {
    event: 'catalog.variant.deleted',
    version: '1.0',
    timestamp: '2025-11-23T17:30:00Z',
    organization_id: 'org_123',
    data: {
      variant_id: 'var_789',
      product_id: 'prod_123',
      organization_id: 'org_123',
      deleted_by: 'user_456',
      deleted_at: '2025-11-23T17:30:00Z',
    },
  },
});
