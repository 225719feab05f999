import type { Notify } from '../ordering/ports.ts';

export const notify: Notify = () => undefined;
