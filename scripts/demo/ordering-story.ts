import type { Heard } from './broker.ts';
import {
  cartWith, inState, pay, place, price, read, register, reserve, stock, tell, WAREHOUSE, type Ordering, type OrderView,
} from './ordering-stage.ts';
import { until } from './poll.ts';

const about =
  (event: string, { order_id }: OrderView) =>
  ({ message }: Heard): boolean =>
    message.event === event && message.data.order_id === order_id;

async function hears(stage: Ordering, event: string, order: OrderView): Promise<Heard> {
  const heard = await stage.broker.hears(`${event} is told`, about(event, order));
  stage.show.out(`${event}  ${JSON.stringify(heard.message.data).slice(0, 110)}`);
  return heard;
}

export async function paidInTime(stage: Ordering): Promise<void> {
  const { show, broker, stripe } = stage;
  const order = await place(stage, 'remera', 2);
  show.check('the order is reserved and waits for its payment', order.state === 'payment_pending', order.state);
  await hears(stage, 'order.placed', order);
  const reservation = await reserve(stage, order, 'remera', 2);
  const intent = await register(stage, order);
  const forged = await stripe.tell(stage.url, 'payment_intent.succeeded', { id: intent }, { secret: 'whsec_wrong' });
  show.check('a webhook that Stripe did not sign is refused', forged.status === 400, forged);
  await pay(stage, order, intent, 3);
  await inState(stage, order, 'confirmed');
  await hears(stage, 'order.confirmed', order);
  const asked = await hears(stage, 'reservation.confirm', order);
  show.check('the inventory is asked to confirm its reservation', asked.message.data.reservation_id === reservation);
  const told = await broker.heard(about('order.confirmed', order));
  show.check('three times paid by the webhook, confirmed once', told.length === 1, told.length);
  await stage.rest.need('POST', `/api/v1/orders/${order.order_id}/complete`);
  await hears(stage, 'order.completed', order);
}

export async function lastUnit(stage: Ordering): Promise<void> {
  const { show, rest } = stage;
  const carts = await Promise.all(Array.from({ length: 5 }, () => cartWith(stage, 'gorra', 1)));
  show.in('POST /api/v1/orders  five at once, of the last gorra');
  const answers = await Promise.all(carts.map((cart_id) => rest.call('POST', '/api/v1/orders', { cart_id })));
  const placed = answers.filter(({ status }) => status === 201);
  const refused = answers.filter(({ status }) => status === 409);
  show.out(answers.map(({ status }) => status).join(' '));
  show.check('one gets it, four are told so', placed.length === 1 && refused.length === 4, answers.map((a) => a.body));
  const order = placed[0]?.body as OrderView;
  await rest.need('POST', `/api/v1/orders/${order.order_id}/cancel`, { reason: 'demo' });
  await hears(stage, 'order.cancelled', order);
}

export async function paidTooLate(stage: Ordering): Promise<void> {
  const { show, stripe } = stage;
  await stock(stage, 'remera', 2);
  const [inTime, late] = [await place(stage, 'remera', 1), await place(stage, 'remera', 1)];
  for (const order of [inTime, late]) {
    await register(stage, order);
    await reserve(stage, order, 'remera', 1, 1);
  }
  for (const order of [inTime, late]) await inState(stage, order, 'cancelled');
  show.check('unpaid in time: cancelled', (await read(stage, late)).reason === 'payment_timeout');
  await stock(stage, 'remera', 1);
  await pay(stage, inTime, `pi_${stage.run}_${inTime.order_number}`);
  await inState(stage, inTime, 'confirmed');
  show.check('paid late with one left: reserved again and confirmed', true);
  const intent = `pi_${stage.run}_${late.order_number}`;
  await pay(stage, late, intent);
  const refund = await until('the refund is asked for', async () =>
    stripe.refunds().find(({ paymentIntent }) => paymentIntent === intent),
  );
  show.out(`refund  ${refund.paymentIntent}, ${refund.amount} cents, key ${refund.key}`);
  show.check('paid late with none left: the money goes back', refund.amount === Math.round(late.total_amount * 100));
}

export async function refundedInFull(stage: Ordering): Promise<void> {
  const { show, stripe, url } = stage;
  await stock(stage, 'remera', 5);
  const order = await place(stage, 'remera', 2);
  const intent = await register(stage, order);
  await pay(stage, order, intent);
  await inState(stage, order, 'confirmed');
  const cents = Math.round(order.total_amount * 100);
  const charge = (refunded: number) => ({
    id: `ch_${intent}`, object: 'charge', payment_intent: intent, amount: cents, amount_refunded: refunded,
    refunded: refunded === cents, currency: 'ars',
  });
  show.in('charge.refunded  a part of it');
  await stripe.tell(url, 'charge.refunded', charge(1000));
  show.check('a part given back changes no state', (await read(stage, order)).state === 'confirmed');
  show.in('charge.refunded  all of it');
  await stripe.tell(url, 'charge.refunded', charge(cents));
  const cancelled = await inState(stage, order, 'cancelled');
  show.check('all of it given back: cancelled', cancelled.reason === 'refunded', cancelled.reason);
  await hears(stage, 'order.cancelled', order);
}

export async function lateCatalogue(stage: Ordering): Promise<void> {
  const { show, rest } = stage;
  const cart = await cartWith(stage, 'remera', 1);
  const order = await place(stage, 'remera', 1);
  await price(stage, 'remera', 12_500.5, 15_000);
  const dearer = await until('the cart takes the new price', async () => {
    const body = await rest.need('GET', `/api/v1/carts/${cart}`);
    return body.total === 15_000 && body;
  });
  show.check("the cart's price follows the catalogue, the order's does not",
    dearer.total === 15_000 && (await read(stage, order)).total_amount === 12_500.5);
  await tell(stage, 'catalog.product.deleted', {
    product_id: 'prod_remera', organization_id: stage.organization, variant_ids: ['remera'],
    deleted_by: 'demo', deleted_at: new Date().toISOString(), reason: 'Producto descontinuado',
  });
  const cancelled = await inState(stage, order, 'cancelled');
  show.check('the unpaid order with it is cancelled', cancelled.reason === 'product_discontinued', cancelled.reason);
  const emptied = await rest.need('GET', `/api/v1/carts/${cart}`);
  show.check('and it is out of the cart', (emptied.items as unknown[]).length === 0, emptied.items);
  const { notifications } = await rest.need('GET', `/api/v1/notifications?customer_id=cus_${stage.run}`);
  for (const { name, data } of notifications as Array<{ name: string; data: unknown }>) {
    show.db(`notification  ${name} ${JSON.stringify(data)}`);
  }
  const names = new Set((notifications as Array<{ name: string }>).map(({ name }) => name));
  const due = ['price_increase', 'cart_item_removed', 'order_cancelled_timeout'];
  show.check('the customer is to be told of each', due.every((name) => names.has(name)), [...names]);
  show.db(`warehouse ${WAREHOUSE}: what came in and what was reserved is in GET /api/v1/availability`);
}
