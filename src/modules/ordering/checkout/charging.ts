import { hasGateway, SIMULATED } from '../ports.ts';
import { paymentOf } from './rules.ts';

export const STRIPE = 'stripe';

/** How the payment part takes money. */
export interface Charging {
  /** The gateway, as the payment is recorded. */
  by: string;
  /**
   * What became of it. `waiting`: the customer has yet to pay.
   * @param state of the order; undefined where its stock is another service's and no order is kept here.
   */
  outcome(state: string | undefined): 'success' | 'failed' | 'waiting';
}

/** The document's: it always succeeds. */
export const simulated: Charging = { by: SIMULATED, outcome: () => 'success' };

/** The order is paid over the payments' REST interface, or it is not; nothing is made up. */
export const overStripe: Charging = {
  by: STRIPE,
  outcome: (state) => ({ paid: 'success', over: 'failed', waiting: 'waiting' } as const)[paymentOf(state)],
};

export const chargingFor = (config: Parameters<typeof hasGateway>[0]): Charging => (hasGateway(config) ? overStripe : simulated);
