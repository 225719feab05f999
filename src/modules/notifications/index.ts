import type { Module, ModuleDeps } from '../module.ts';

export const notificationsModule = (_deps: ModuleDeps): Module => ({ name: 'notifications' });
