import type { Module } from '../../module.ts';
import type { OrderingDeps } from '../ports.ts';
import { stockDepleted, stockUpdated } from './topics.ts';

export const availabilityModule = (_deps: OrderingDeps): Module => ({
  name: 'availability',
  topics: [stockDepleted, stockUpdated],
});
