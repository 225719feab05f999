import { hash, randomUUID } from 'node:crypto';
import { contentHash } from '../../../events/inbox.ts';
import { conflict, notFound } from '../../../kernel/errors.ts';
import { accepted, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { limited } from '../../../kernel/rest/limits.ts';
import { validate } from '../../../kernel/rest/validation.ts';
import type { Module } from '../../module.ts';
import { orderSubject } from '../orders/topics.ts';
import type { OrderingDeps } from '../ports.ts';
import { findCheckout } from './read-model.ts';
import { addedUp } from './rules.ts';
import type { CheckoutSaga } from './saga.ts';
import { checkoutBody, checkoutParams, idempotencyKey, requestedAnswer, statusAnswer } from './schemas.ts';
import { orderRequested } from './topics.ts';

interface Deps extends Pick<OrderingDeps, 'commands' | 'database' | 'limits'> {
  saga: CheckoutSaga;
}

/** The document's main.py: asks for an order, and tells how it goes. */
export const checkoutWebModule = (deps: Deps): Module => ({
  name: 'checkout-web',
  topics: [orderRequested],
  endpoints: [request(deps), status(deps)],
});

const tag = 'Checkout';

const request = (deps: Deps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/checkout',
    tag,
    summary: 'Pedir una compra',
    description:
      'Se contesta enseguida; usuario, stock y cobro se resuelven después y se ven en `status_url`. Con el encabezado ' +
      '`Idempotency-Key` (un texto propio, por ejemplo un UUID) repetirlo da la misma orden; con otro cuerpo, 409.',
    before: [limited(deps.limits.checkout)],
    body: checkoutBody,
    example: { user_id: 'U123', items: [{ product_id: 'P1', quantity: 2 }, { product_id: 'P2', quantity: 1 }] },
    answers: { 202: requestedAnswer },
    problems: [409],
    async handle({ body, req }) {
      const { 'Idempotency-Key': key } = validate(idempotencyKey, { 'Idempotency-Key': req.get('Idempotency-Key') });
      const order_id = await requestOrder(deps, body, key);
      const status_url = `/checkout/${order_id}`;
      return accepted({ message: 'Orden solicitada' as const, order_id, status_url }, { Location: status_url });
    },
  });

type Body = (typeof checkoutBody)['_output'];

/**
 * Begins the checkout and asks for its answers, at once. What was asked for under the same key before is left as it is.
 * @throws AppError 409 when that was something else.
 */
async function requestOrder({ commands, saga }: Deps, { user_id, organization_id, ...body }: Body, key: string | undefined): Promise<string> {
  const order_id = key === undefined ? randomUUID() : idOf(key);
  const items = addedUp(body.items);
  const asked = contentHash({ user_id, items, organization_id });
  await commands.run(
    'system',
    async (work) => {
      const known = await saga.find(work.trx, order_id);
      if (known?.data.asked === asked) return;
      if (known !== undefined) throw conflict('Con esa Idempotency-Key ya se pidió otra cosa: usá otra.', 'idempotency_key');
      await saga.start(work, order_id, { asked, ...(organization_id !== undefined && { organizationId: organization_id }) });
      work.publish(orderRequested, { type: 'OrderRequested', order_id, user_id, items });
    },
    { subject: orderSubject(order_id) },
  );
  return order_id;
}

/** The same key is the same order, for ever and on every instance: its id comes of the key (a UUID of version 8). */
function idOf(key: string): string {
  const digest = hash('sha256', `checkout ${key}`, 'hex');
  const variant = ((parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, `${variant}${digest.slice(17, 20)}`, digest.slice(20, 32)];
  return parts.join('-');
}

const status = ({ database, saga }: Deps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/checkout/:order_id',
    tag,
    summary: 'Cómo va una compra, y por qué',
    description: 'Lo puede preguntar quien tenga su `order_id`; no dice nada de quién compró.',
    params: checkoutParams,
    answers: { 200: statusAnswer },
    problems: [404],
    async handle({ params: { order_id } }) {
      const found = await database.transaction('system', (trx) => findCheckout(trx, saga, order_id));
      if (found === undefined) throw notFound('No hay ninguna orden con ese identificador.');
      return ok(found);
    },
  });
