import type { Warning } from '../../../events/outcome.ts';

/** Of an answer of the inventory. */
export const incomplete = (reservationId: string): Warning => ({
  code: 'reserva_incompleta',
  message: `la reserva ${reservationId} no cubre todo lo pedido`,
});

/** Of an answer that came after its own time. */
export const expired = (reservationId: string): Warning => ({
  code: 'reserva_vencida',
  message: `la reserva ${reservationId} ya venció y el pedido tiene otra`,
});
