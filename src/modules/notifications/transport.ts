import type { Commands } from '../../events/commands.ts';
import { markSuperseded } from '../../events/outbox.ts';
import type { Outgoing, SendResult, Transport } from '../../events/relay/index.ts';
import type { Work } from '../../events/work.ts';
import type { Clock } from '../../kernel/clock.ts';
import { together, type Database, type Sql } from '../../kernel/database.ts';
import { findTenant } from '../marketplace/tenants/read-model.ts';
import { DeliveryError } from './gateway.ts';
import type { Channel, OnSent } from './ports.ts';
import { changeDelivery, findDelivery, type Delivery } from './repository.ts';
import { waitAfter, withoutRecipient } from './rules.ts';
import { DELIVERIES } from './topics.ts';

export interface TransportDeps {
  database: Database;
  commands: Commands;
  clock: Clock;
  onSent: readonly OnSent[];
}

/** A delivery to somebody, in the name of a business. */
export type Due = Delivery & { recipient: string; business: string };

/** How one channel's deliveries leave the service. @throws DeliveryError */
export type Carry = (due: Due) => Promise<'sent' | 'kept'>;

interface Options {
  channel: Channel;
  concurrency: number;
  carry: Carry;
}

/**
 * Sends what is to be told by one way. Read before and written down after, in transactions of their own; a crash
 * between the two has it sent once more, under the same id. Two never send the same at once: the relay's slots.
 */
export const createDeliveryTransport = (deps: TransportDeps, options: Options): Transport => ({
  destination: options.channel,
  concurrency: options.concurrency,
  send: (message) => send(deps, options, message),
});

/** Done with, whatever came of it: the outbox has nothing more to do. */
const over: SendResult = { kind: 'sent' };

async function send(deps: TransportDeps, { channel, carry }: Options, message: Outgoing): Promise<SendResult> {
  const parsed = DELIVERIES[channel].schema.safeParse(JSON.parse(message.payload));
  if (message.topic !== DELIVERIES[channel].name || !parsed.success) {
    return { kind: 'dead', cause: `this is no ${DELIVERIES[channel].name} as its schema has it` };
  }
  const { tenant_id: tenantId, notification_id: notificationId } = parsed.data;
  const [delivery, tenant] = await deps.database.transaction('system', (trx) =>
    together([findDelivery(trx, tenantId, notificationId, channel), findTenant(trx, tenantId)]),
  );
  if (delivery === undefined || !isOpen(delivery)) return over; // sent before, and the relay did not get to note it
  if (tenant === undefined) return leave(deps, delivery);
  const wait = (delivery.notBefore?.getTime() ?? 0) - deps.clock().getTime();
  if (wait > 0) return { kind: 'later', cause: delivery.cause ?? 'put off', retryAfterMs: wait };
  const due = { ...delivery, business: tenant.nombre };
  try {
    const state = await carry(due);
    await deps.commands.run('system', (work) => noteSent(work, due, { state, messageId: message.id, onSent: deps.onSent }));
    return over;
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error; // the database's: down, as the relay reads it
    return notSent(deps, due, message.id, error);
  }
}

/** A dead letter that an operator brings back is `failed` still. */
const isOpen = (delivery: Delivery): delivery is Delivery & { recipient: string } =>
  delivery.recipient !== null && (delivery.state === 'pending' || delivery.state === 'failed');

const GONE = 'el negocio ya no existe';

/** Nothing is sent any more in the name of a tenant that is gone; that is nothing for the operator to mend. */
async function leave({ database }: TransportDeps, delivery: Delivery): Promise<SendResult> {
  await database.transaction('system', (trx) =>
    changeDelivery(trx, delivery, { state: 'undeliverable', cause: GONE, deadMessageId: null }),
  );
  return over;
}

interface Sent {
  state: 'sent' | 'kept';
  messageId: number;
  onSent: readonly OnSent[];
}

async function noteSent(work: Work, due: Due, { state, messageId, onSent }: Sent): Promise<void> {
  if (!(await changeDelivery(work.trx, due, { state, at: work.now }))) return;
  await supersede(work.trx, due, messageId);
  const { tenantId, customerId, name, channel, recipient, data, about } = due;
  for (const hook of onSent) hook(work, { tenantId, customerId, name, channel, recipient, data, about });
}

async function notSent(
  { database, clock }: TransportDeps, due: Due, messageId: number, error: DeliveryError,
): Promise<SendResult> {
  const cause = withoutRecipient(error.message, due.recipient, due.channel);
  if (error.kind === 'unavailable') return { kind: 'down', cause };
  const wait = error.kind === 'deferred' ? waitAfter(due.attempts + 1) : undefined;
  const change = wait === undefined
    ? { state: 'failed' as const, cause: error.message, deadMessageId: messageId }
    : { state: 'pending' as const, cause: error.message, notBefore: new Date(clock().getTime() + wait) };
  await database.transaction('system', async (trx) => {
    await changeDelivery(trx, due, change);
    await supersede(trx, due, messageId);
  });
  return wait === undefined ? { kind: 'dead', cause } : { kind: 'later', cause, retryAfterMs: wait };
}

/** Of a delivery that was asked for again the earlier dead letter is nothing to mend any more. */
async function supersede(trx: Sql, { deadMessageId }: Delivery, messageId: number): Promise<void> {
  if (deadMessageId === null || deadMessageId === messageId) return;
  await markSuperseded(trx, deadMessageId, `by message ${messageId}`);
}
