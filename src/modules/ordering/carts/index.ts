import type { Module } from '../../module.ts';
import type { OrderingDeps } from '../ports.ts';

export const cartsModule = (_deps: OrderingDeps): Module => ({ name: 'carts' });
