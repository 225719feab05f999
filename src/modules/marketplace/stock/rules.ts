import { unaccented } from '../../../kernel/unaccented.ts';

/** From here down a product is shown as running out. */
export const LOW_STOCK = 5;

export const levelOf = (cantidad: number): 'agotado' | 'poco' | 'bien' =>
  cantidad === 0 ? 'agotado' : cantidad <= LOW_STOCK ? 'poco' : 'bien';

/** Whether a name has what somebody looks for, whatever its case and accents. */
export const matches = (nombre: string, wanted: string): boolean => unaccented(nombre).includes(unaccented(wanted));
