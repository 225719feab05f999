import { randomUUID } from 'node:crypto';
import type { Message, Tenant } from './support.ts';

/** The envelope, as the services that publish send it. */
export const messageOf = (
  { organizationId }: Pick<Tenant, 'organizationId'>, event: string, data: Record<string, unknown>, at: Date | string = new Date(),
): Message => ({
  event, version: '1.0', timestamp: typeof at === 'string' ? at : at.toISOString(), organization_id: organizationId, data,
});

export interface StockOptions {
  warehouse?: string;
  /** What was available before. */
  previous?: number;
  at?: Date | string;
  movement?: string;
}

const quantities = (available: number) => ({ total: available + 2, available, reserved: 1, damaged: 1 });

/** `inventory.stock.updated`; a movement of its own unless one is named. */
export const stockUpdated = (
  tenant: Pick<Tenant, 'organizationId'>, variantId: string, available: number,
  { warehouse = 'wh_1', previous = available + 1, at, movement = randomUUID() }: StockOptions = {},
): Message =>
  messageOf(tenant, 'inventory.stock.updated', {
    stock_id: `stock_${variantId}_${warehouse}`,
    variant_id: variantId,
    warehouse_id: warehouse,
    quantities: quantities(available),
    previous_quantities: quantities(previous),
    change_type: available > previous ? 'in' : 'out',
    movement_id: movement,
  }, at);

export const stockDepleted = (
  tenant: Pick<Tenant, 'organizationId'>, variantId: string, { warehouse = 'wh_1', at = new Date() }: StockOptions = {},
): Message =>
  messageOf(tenant, 'inventory.stock.depleted', {
    stock_id: `stock_${variantId}_${warehouse}`,
    variant_id: variantId,
    warehouse_id: warehouse,
    last_movement_at: typeof at === 'string' ? at : at.toISOString(),
  }, at);

interface CatalogOptions {
  product?: string;
  at?: Date;
  /** Another organization inside the data than outside. */
  inside?: string;
}

const said = ({ organizationId }: Pick<Tenant, 'organizationId'>, { product = 'prod_1', inside = organizationId }: CatalogOptions) => ({
  product_id: product, organization_id: inside,
});

/** `catalog.variant.updated`; prices in pesos, no price at all when there is no `now`. */
export const variantUpdated = (
  tenant: Pick<Tenant, 'organizationId'>, variantId: string, { old, now }: { old?: number | null; now?: number },
  { at = new Date(), ...options }: CatalogOptions = {},
): Message =>
  messageOf(tenant, 'catalog.variant.updated', {
    variant_id: variantId,
    ...said(tenant, options),
    changes: now === undefined ? { sku: { old: 'A', new: 'B' } } : { price: { old, new: now } },
    updated_by: 'user_1',
    updated_at: at.toISOString(),
  }, at);

export const variantDeleted = (
  tenant: Pick<Tenant, 'organizationId'>, variantId: string, { at = new Date(), ...options }: CatalogOptions = {},
): Message =>
  messageOf(tenant, 'catalog.variant.deleted', {
    variant_id: variantId, ...said(tenant, options), deleted_by: 'user_1', deleted_at: at.toISOString(),
  }, at);

export const productUpdated = (
  tenant: Pick<Tenant, 'organizationId'>, changes: Record<string, { old: unknown; new: unknown }>,
  { at = new Date(), ...options }: CatalogOptions = {},
): Message =>
  messageOf(tenant, 'catalog.product.updated', {
    ...said(tenant, options), changes, updated_by: 'user_1', updated_at: at.toISOString(),
  }, at);

export const productDeleted = (
  tenant: Pick<Tenant, 'organizationId'>, variantIds: readonly string[], { at = new Date(), ...options }: CatalogOptions = {},
): Message =>
  messageOf(tenant, 'catalog.product.deleted', {
    ...said(tenant, options), variant_ids: variantIds, deleted_by: 'user_1', deleted_at: at.toISOString(), reason: 'Producto descontinuado',
  }, at);
