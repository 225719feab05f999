import type { Module } from '../module.ts';
import type { OrderingDeps } from '../ordering/ports.ts';
import { notificationEndpoints } from './routes.ts';

/** What customers are to be told. It is kept and shown; nobody sends it yet. */
export const notificationsModule = (deps: Pick<OrderingDeps, 'database' | 'users'>): Module => ({
  name: 'notifications',
  endpoints: notificationEndpoints(deps),
});
