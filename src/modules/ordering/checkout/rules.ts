import type { SagaState, StepState } from '../../../events/saga-rules.ts';

export const CHECKOUT_STATES = ['solicitada', 'creada', 'pagada', 'rechazada'] as const;
export type CheckoutState = (typeof CHECKOUT_STATES)[number];

/** Where a checkout stands, for whoever asked for it. */
export function stateOf({ status, steps }: SagaState): CheckoutState {
  if (status === 'failed') return 'rechazada';
  if (status === 'completed') return 'pagada';
  return steps['payment'] === 'open' ? 'solicitada' : 'creada';
}

export const STEP_STATES = ['pendiente', 'hecho', 'rechazado', 'deshecho'] as const;

const SHOWN: Record<StepState, (typeof STEP_STATES)[number]> = {
  open: 'pendiente',
  asked: 'pendiente',
  done: 'hecho',
  refused: 'rechazado',
  undone: 'deshecho',
};

/** A step as it is shown. */
export const stepShown = (state: StepState | undefined): (typeof STEP_STATES)[number] => SHOWN[state ?? 'open'];

/** Lines of one product are one line. */
export function addedUp(items: ReadonlyArray<{ product_id: string; quantity: number }>): Array<{ product_id: string; quantity: number }> {
  const quantities = new Map<string, number>();
  for (const { product_id, quantity } of items) quantities.set(product_id, (quantities.get(product_id) ?? 0) + quantity);
  return [...quantities].map(([product_id, quantity]) => ({ product_id, quantity }));
}

/**
 * What an order's state says of its payment. `waiting`: nobody has paid it, or its stock is still being reserved.
 * @param state as orders/read-model.ts has it; undefined where there is no order.
 */
export function paymentOf(state: string | undefined): 'paid' | 'over' | 'waiting' {
  if (state === 'confirmed' || state === 'completed') return 'paid';
  return state === undefined || state === 'cancelled' ? 'over' : 'waiting';
}

const STOCK_WAS_GONE = ['payment_timeout', 'reservation_timeout', 'out_of_stock'];

/** Why an order that was to be paid is not: its time was up and its stock sold, or somebody cancelled it. */
export const refusalOf = (cancelledFor: string | null | undefined): string =>
  STOCK_WAS_GONE.includes(cancelledFor ?? '') ? 'out_of_stock' : 'order_cancelled';

/**
 * Why an order is cancelled that the checkout rejects. Never a word of the orders' own for a time-out: with one of those
 * it would come back to life when it is paid late.
 */
export const cancelledAs = (reason: string): string => `checkout_${reason}`.slice(0, 100);

const SENTENCES: Readonly<Record<string, string>> = {
  unknown_user: 'No conocemos al usuario.',
  insufficient_stock: 'No hay stock suficiente.',
  unknown_product: 'Alguno de los productos no existe, o nadie los vende todos.',
  ambiguous_product: 'Más de un negocio vende esos productos: decí de cuál con organization_id.',
  out_of_stock: 'Se pasó el tiempo y el stock ya se vendió.',
  order_cancelled: 'La orden se canceló antes de cobrarse.',
  payment_failed: 'No se pudo cobrar.',
  timeout: 'No llegaron a tiempo todas las respuestas.',
};

/** A reason as people read it. */
export const sentenceOf = (reason: string): string => SENTENCES[reason] ?? `La orden se rechazó: ${reason}.`;
