import { inOrganization, outdated } from '../../../events/in-organization.ts';
import { done, type Outcome } from '../../../events/outcome.ts';
import { lockSubjects } from '../../../events/processor.ts';
import type { Work } from '../../../events/work.ts';
import { fromCents, toCents, type Cents } from '../../../kernel/money.ts';
import type { Organization } from '../../../kernel/organizations.ts';
import { catalogueSubject } from '../availability/read-model.ts';
import type { Notice, OrderingDeps, OrdersPort } from '../ports.ts';
import {
  changePrices, lockProduct, lockVariant, markDeleted, removeFromCarts, variantsOf, writeProduct, writeVariant,
  type Deletion, type KnownVariant,
} from './repository.ts';
import { isNotable, judge, judgeVariant } from './rules.ts';
import type { ProductDeleted, ProductUpdated, VariantDeleted, VariantUpdated } from './topics.ts';

export type CatalogDeps = Pick<OrderingDeps, 'notify' | 'cache'> & { orders: OrdersPort };

const DISCONTINUED = 'product_discontinued';

/** Orders and carts keep the prices they have: those are of variants. */
export const keepProduct = ({ cache }: CatalogDeps) =>
  inOrganization(async ({ data }: ProductUpdated, work, { tenantId }) => {
    const updatedAt = new Date(data.updated_at);
    const verdict = judge(await lockProduct(work.trx, tenantId, data.product_id), updatedAt);
    const refusal = nothingNew(verdict, `el producto ${data.product_id}`);
    if (refusal) return refusal;
    const { name, base_price } = data.changes;
    await writeProduct(work.trx, tenantId, {
      productId: data.product_id,
      name: name?.new ?? null,
      basePriceCents: base_price === undefined ? null : toCents(base_price.new),
      updatedAt,
      deletedAt: null,
    });
    cache.forget(work, tenantId, [`product:${data.product_id}`]);
    return done();
  });

export const changePriceInCarts = ({ cache, notify }: CatalogDeps) =>
  inOrganization(async ({ data }: VariantUpdated, work, { tenantId }) => {
    const known = await lockVariant(work.trx, tenantId, data.variant_id);
    const updatedAt = new Date(data.updated_at);
    const { price } = data.changes;
    const refusal = nothingNew(judgeVariant(known, updatedAt, price !== undefined), `la variante ${data.variant_id}`);
    if (refusal) return refusal;
    const priceCents = price === undefined ? null : toCents(price.new);
    const { variant_id: variantId, product_id: productId } = data;
    await writeVariant(work.trx, tenantId, { variantId, productId, priceCents, updatedAt });
    cache.forget(work, tenantId, [`variant:${data.variant_id}`]);
    if (priceCents === null) return done();
    const oldCents = price?.old == null ? known?.priceCents : toCents(price.old);
    notify(work, tenantId, await priceNotices(work, tenantId, data, oldCents, priceCents));
    return done();
  });

/** @param oldCents as the catalogue says it, or as we know it; else what each cart had. */
async function priceNotices(
  { trx }: Work, tenantId: number, { variant_id, updated_at }: VariantUpdated['data'],
  oldCents: KnownVariant['priceCents'] | undefined, newCents: Cents,
): Promise<Notice[]> {
  const items = await changePrices(trx, tenantId, variant_id, newCents);
  return items.flatMap(({ cartId, customerId, currency, unitPriceCents }) => {
    const before = oldCents ?? unitPriceCents;
    if (!isNotable(before, newCents)) return [];
    const data = { variant_id, cart_id: cartId, old_price: fromCents(before), new_price: fromCents(newCents), currency };
    return [{ customerId, name: 'price_increase', data, about: `${cartId}:${variant_id}@${updated_at}` }];
  });
}

export const discontinueProduct = (deps: CatalogDeps) =>
  inOrganization(async ({ data }: ProductDeleted, work, organization) => {
    const { tenantId } = organization;
    const { product_id: productId } = data;
    const deletedAt = new Date(data.deleted_at);
    await lockSubjects(work.trx, [{ subject: catalogueSubject(organization.organizationId) }]);
    const known = await lockProduct(work.trx, tenantId, productId);
    if (judge(known, deletedAt) === 'older') return outdated(`el producto ${productId}`);
    const unsaid = { name: null, basePriceCents: null };
    await writeProduct(work.trx, tenantId, { productId, ...unsaid, updatedAt: deletedAt, deletedAt });
    const variantIds = [...new Set([...data.variant_ids, ...(await variantsOf(work.trx, tenantId, productId))])];
    deps.cache.forget(work, tenantId, [`product:${productId}`]);
    await discontinue(deps, work, organization, { variantIds, productId, deletedAt });
    return done();
  });

export const discontinueVariant = (deps: CatalogDeps) =>
  inOrganization(async ({ data }: VariantDeleted, work, organization) => {
    const { variant_id: variantId, product_id: productId } = data;
    const deletedAt = new Date(data.deleted_at);
    const known = await lockVariant(work.trx, organization.tenantId, variantId);
    if (judge(known, deletedAt) === 'older') return outdated(`la variante ${variantId}`);
    await discontinue(deps, work, organization, { variantIds: [variantId], productId, deletedAt });
    return done();
  });

/**
 * Marks the variants first: whoever is putting one into a cart or an order holds them until it is there to be found,
 * and whoever comes later finds them deleted.
 */
async function discontinue(
  { cache, notify, orders }: CatalogDeps, work: Work, organization: Organization,
  gone: Deletion,
): Promise<void> {
  const { tenantId } = organization;
  const { variantIds, deletedAt } = gone;
  await markDeleted(work.trx, tenantId, gone);
  cache.forget(work, tenantId, variantIds.map((variantId) => `variant:${variantId}`));
  const removed = await removeFromCarts(work.trx, tenantId, variantIds);
  notify(work, tenantId, removed.map(({ cartId, customerId, variantId }) => ({
    customerId,
    name: 'cart_item_removed',
    data: { variant_id: variantId, reason: DISCONTINUED },
    about: `${cartId}:${variantId}@${deletedAt.toISOString()}`,
  })));
  await orders.cancelUnpaidWith(work, organization, variantIds, DISCONTINUED);
}

function nothingNew(verdict: ReturnType<typeof judge>, what: string): Outcome | undefined {
  if (verdict === 'newer') return undefined;
  if (verdict === 'older') return outdated(what);
  return done({ code: 'eliminado', message: `${what} ya no está en el catálogo, y un cambio no vuelve a ponerlo` });
}
