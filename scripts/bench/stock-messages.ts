import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { stockUpdated } from '../../src/modules/ordering/availability/topics.ts';
import { ORGANIZATION } from './orders.ts';

export const VARIANTS = 1000;
export const WAREHOUSES = 2;
const START = Date.parse('2025-11-23T15:00:00Z');

/** The n-th change of stock: another shelf each time round, later each time, so that each one is news. */
export function stockMessage(n: number, run: string): string {
  const amount = 1 + (n % 500);
  const shelf = { variant_id: `var_${n % VARIANTS}`, warehouse_id: `wh_${n % WAREHOUSES}` };
  return JSON.stringify({
    ...(stockUpdated.example as object),
    timestamp: new Date(START + n).toISOString(),
    organization_id: ORGANIZATION,
    data: {
      stock_id: `stock_${n % VARIANTS}`,
      ...shelf,
      quantities: { total: amount, available: amount, reserved: 0, damaged: 0 },
      previous_quantities: { total: amount + 1, available: amount + 1, reserved: 0, damaged: 0 },
      change_type: 'out',
      movement_id: `mov_${run}_${n}`,
    },
  });
}

const CONFIRM_EVERY = 1000;

/** Fills the queues behind an exchange, each message confirmed. */
export async function publishAll(broker: ChannelModel, exchange: string, bodies: readonly string[]): Promise<void> {
  const channel: ConfirmChannel = await broker.createConfirmChannel();
  for (const [n, body] of bodies.entries()) {
    channel.publish(exchange, stockUpdated.name, Buffer.from(body), { persistent: true });
    if (n % CONFIRM_EVERY === CONFIRM_EVERY - 1) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  await channel.close();
}
