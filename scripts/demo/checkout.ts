import { randomBytes } from 'node:crypto';
import { findEmbedded } from '../admin/connect.ts';
import { openBroker } from './broker.ts';
import { openOrganization, type Stocked } from './ordering-stage.ts';
import { until } from './poll.ts';
import { createRest, type Json } from './rest.ts';
import { endOnSignal, startService } from './service.ts';
import type { Show } from './show.ts';

interface Status extends Json {
  state: string;
  reason: string | null;
  steps: Array<{ name: string; state: string }>;
}

/** The story of seed 003: a request is validated, its stock taken, charged and told, or it is rejected and given back whole. */
export async function playCheckout(env: NodeJS.ProcessEnv, show: Show): Promise<void> {
  const service = await startService(env, { ...(env.RABBITMQ_URL && { RABBITMQ_URL: env.RABBITMQ_URL }) });
  const onSignal = endOnSignal(service, show);
  try {
    await service.ready;
    const databaseUrl = await findEmbedded(service.dataDir ?? '');
    if (databaseUrl === undefined) throw new Error('the database of the service for this demo is not to be found');
    const broker = await openBroker(env.RABBITMQ_URL, databaseUrl);
    const stage: Stocked = { show, rest: createRest(service.url), broker, run: randomBytes(3).toString('hex'), organization: '' };
    show.line(`Orders without a cart (run ${stage.run})\n    service  ${service.url}  (${service.origin})\n    broker   ${broker.name}`);
    await show.step('A tenant registers; the inventory and the catalogue tell what there is', () => openOrganization(stage));
    await show.step('A request becomes an order, is charged and told', () => paid(stage));
    await show.step('A user nobody knows', () => stranger(stage));
    await show.step('Two want the last unit', () => lastUnit(stage));
    await broker.close();
  } finally {
    await service.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

async function request({ show, rest, organization }: Stocked, user_id: string, product_id: string, quantity: number): Promise<string> {
  const body = { user_id, items: [{ product_id, quantity }], organization_id: organization };
  show.in(`POST /checkout  ${JSON.stringify(body)}`);
  const answer = await rest.need('POST', '/checkout', body);
  show.out(JSON.stringify(answer));
  return String(answer.order_id);
}

/** When it is paid or rejected. */
async function ended({ show, rest }: Stocked, orderId: string): Promise<Status> {
  const status = await until(`${orderId} comes to its end`, async () => {
    const found = (await rest.need('GET', `/checkout/${orderId}`)) as Status;
    return ['pagada', 'rechazada'].includes(found.state) && found;
  });
  const steps = status.steps.map(({ name, state }) => `${name} ${state}`).join(', ');
  show.out(`GET /checkout/${orderId}  ${status.state}${status.reason === null ? '' : ` (${status.reason})`}: ${steps}`);
  return status;
}

const stateOf = async ({ rest }: Stocked, orderId: string): Promise<unknown> => (await rest.call('GET', `/api/v1/orders/${orderId}`)).body.state;

async function paid(stage: Stocked): Promise<void> {
  const id = await request(stage, 'U123', 'remera', 2);
  const { state } = await ended(stage, id);
  stage.show.check('it is paid, and the order of that id is confirmed', state === 'pagada' && (await stateOf(stage, id)) === 'confirmed', state);
  const notices = await until('the customer is told', async () => {
    const { body } = await stage.rest.call('GET', '/api/v1/notifications?name=checkout_paid');
    const found = body.notifications as Json[];
    return found.length > 0 && found;
  });
  stage.show.check('the customer is told once', notices.length === 1, notices);
}

async function stranger(stage: Stocked): Promise<void> {
  const id = await request(stage, 'X9', 'gorra', 1);
  const { state, reason } = await ended(stage, id);
  stage.show.check('it is rejected, and says why', state === 'rechazada' && reason === 'unknown_user', reason);
  const order = await stateOf(stage, id); // none, when the rejection came before the stock was taken
  stage.show.check('nothing is kept for it', order === undefined || order === 'cancelled', order);
}

async function lastUnit(stage: Stocked): Promise<void> {
  const ids = [await request(stage, 'U1', 'gorra', 1), await request(stage, 'U2', 'gorra', 1)];
  const all = await Promise.all(ids.map((id) => ended(stage, id)));
  const states = all.map(({ state }) => state).sort();
  stage.show.check('one gets it, the other is told that there is none', states.join() === 'pagada,rechazada', all);
  stage.show.check('for want of stock', all.some(({ reason }) => reason === 'insufficient_stock'), all);
}
