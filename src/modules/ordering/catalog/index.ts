import { subscribe } from '../../../events/registry.ts';
import type { Module } from '../../module.ts';
import { CATALOG_QUEUE, SUBSCRIBER, type OrderingDeps, type OrdersPort } from '../ports.ts';
import { changePriceInCarts, discontinueProduct, discontinueVariant, keepProduct } from './handlers.ts';
import { productDeleted, productUpdated, variantDeleted, variantUpdated } from './topics.ts';

const taken = { subscriber: SUBSCRIBER, queue: CATALOG_QUEUE };

/** What the catalogue says of products and variants, and what that means to carts and unpaid orders. */
export const orderedCatalogModule = ({ notify, cache }: OrderingDeps, orders: OrdersPort): Module => {
  const deps = { notify, cache, orders };
  return {
    name: 'ordered-catalog',
    topics: [productDeleted, productUpdated, variantDeleted, variantUpdated],
    subscriptions: [
      subscribe({ ...taken, topic: productUpdated, handle: keepProduct(deps) }),
      subscribe({ ...taken, topic: variantUpdated, handle: changePriceInCarts(deps) }),
      subscribe({ ...taken, topic: productDeleted, handle: discontinueProduct(deps) }),
      subscribe({ ...taken, topic: variantDeleted, handle: discontinueVariant(deps) }),
    ],
  };
};
