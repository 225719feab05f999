import type { Module } from '../../module.ts';
import type { OrderingDeps, OrdersPort } from '../ports.ts';
import { productDeleted, productUpdated, variantDeleted, variantUpdated } from './topics.ts';

export const orderedCatalogModule = (_deps: OrderingDeps, _orders: OrdersPort): Module => ({
  name: 'ordered-catalog',
  topics: [productDeleted, productUpdated, variantDeleted, variantUpdated],
});
