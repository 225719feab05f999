import type { Broker } from './broker.ts';
import { until } from './poll.ts';
import type { Json, Rest } from './rest.ts';
import type { Show } from './show.ts';
import type { FakeStripe } from './stripe.ts';

/** What every step of the story needs. */
export interface Ordering extends Stocked {
  stripe: FakeStripe;
  url: string;
}

/** What it takes to open a shop and fill its shelves. */
export interface Stocked {
  show: Show;
  rest: Rest;
  broker: Broker;
  run: string;
  /** Set once the tenant is there. */
  organization: string;
}

export interface OrderView extends Json {
  order_id: string;
  order_number: string;
  state: string;
  total_amount: number;
  reason: string | null;
}

export const WAREHOUSE = 'wh_central';
let movements = 0;

/** Another service tells something about this tenant. */
export async function tell(stage: Stocked, event: string, data: Json): Promise<void> {
  const exchange = event.startsWith('inventory.') ? 'inventory_events' : 'catalog_events';
  const [timestamp, organization_id] = [new Date().toISOString(), stage.organization];
  stage.show.in(`${event}  ${JSON.stringify(data).slice(0, 110)}`);
  await stage.broker.publish(exchange, event, { event, version: '1.0', timestamp, organization_id, data });
}

/** The inventory tells how much there is; returns once the service knows. */
export async function stock(stage: Stocked, variant: string, available: number): Promise<void> {
  const none = { total: 0, available: 0, reserved: 0, damaged: 0 };
  await tell(stage, 'inventory.stock.updated', {
    stock_id: `stock_${variant}`,
    variant_id: variant,
    warehouse_id: WAREHOUSE,
    quantities: { ...none, total: available, available },
    previous_quantities: none,
    change_type: 'in',
    movement_id: `mov_${stage.run}_${(movements += 1)}`,
  });
  await until(`the service knows of ${available} × ${variant}`, async () => {
    const { body } = await stage.rest.call('GET', `/api/v1/availability/${variant}`);
    return (body.warehouses as Array<{ available: number }> | undefined)?.[0]?.available === available;
  });
}

/** The catalogue tells the price. */
export const price = (stage: Stocked, variant: string, from: number, to: number) =>
  tell(stage, 'catalog.variant.updated', {
    variant_id: variant,
    product_id: `prod_${variant}`,
    organization_id: stage.organization,
    changes: { price: { old: from, new: to } },
    updated_by: 'demo',
    updated_at: new Date().toISOString(),
  });

export async function openOrganization(stage: Stocked): Promise<void> {
  const { show, rest, run } = stage;
  const answer = await rest.need('POST', '/api/auth/register-tenant', {
    nombre: `Tienda Demo ${run}`,
    razon_social: `Tienda Demo ${run} S.A.`,
    cuenta_bancaria: '2850590940090418135201',
    email: `tienda-${run}@ejemplo.example`,
    telefono: '+54 11 5555 0000',
    nombre_usuario: 'Ana',
    password: `clave-${run}`,
    organization_id: `org_demo_${run}`,
    calle: 'Av. de Mayo',
    numero: '830',
    ciudad: 'Buenos Aires',
    provincia: 'CABA',
    codigo_postal: '1084',
  });
  rest.signIn(String(answer.accessToken));
  stage.organization = `org_demo_${run}`;
  show.in(`POST /api/auth/register-tenant  organization ${stage.organization}`);
  await price(stage, 'remera', 0, 12_500.5);
  await price(stage, 'gorra', 0, 7300);
  await stock(stage, 'remera', 10);
  await stock(stage, 'gorra', 1);
  const known = await until('the prices are known', async () => {
    const { body } = await rest.call('GET', '/api/v1/availability/gorra');
    return body.price !== null && body;
  });
  show.check('the service knows price and stock of what is sold', known.available === true && known.price === 7300, known);
}

export async function cartWith(stage: Ordering, variant: string, quantity: number): Promise<string> {
  const { cart_id } = await stage.rest.need('POST', '/api/v1/carts', { customer_id: `cus_${stage.run}` });
  await stage.rest.need('POST', `/api/v1/carts/${String(cart_id)}/items`, { variant_id: variant, quantity });
  stage.show.in(`POST /api/v1/carts/${String(cart_id)}/items  ${quantity} × ${variant}`);
  return String(cart_id);
}

export async function place(stage: Ordering, variant: string, quantity: number): Promise<OrderView> {
  const cart = await cartWith(stage, variant, quantity);
  const order = (await stage.rest.need('POST', '/api/v1/orders', { cart_id: cart })) as OrderView;
  stage.show.out(`${order.order_number}  ${order.state}, ${order.total_amount}`);
  return order;
}

export const read = async ({ rest }: Ordering, { order_id }: OrderView): Promise<OrderView> =>
  (await rest.need('GET', `/api/v1/orders/${order_id}`)) as OrderView;

export const inState = (stage: Ordering, order: OrderView, state: string): Promise<OrderView> =>
  until(`${order.order_number} is ${state}`, async () => {
    const now = await read(stage, order);
    return now.state === state && now;
  });

/** The inventory answers order.placed. @param seconds until the reservation expires. */
export async function reserve(stage: Ordering, order: OrderView, variant: string, quantity: number, seconds = 900) {
  const id = `res_${order.order_number}_${stage.run}_${Date.now()}`;
  await tell(stage, 'inventory.stock.reserved', {
    reservation_id: id,
    order_id: order.order_id,
    items: [{ variant_id: variant, warehouse_id: WAREHOUSE, quantity, stock_before: quantity, stock_after: 0 }],
    expires_at: new Date(Date.now() + seconds * 1000).toISOString(),
  });
  return id;
}

/** Registers the payment at the order, as a web shop does once Stripe has made the intent. */
export async function register(stage: Ordering, order: OrderView): Promise<string> {
  const intent = `pi_${stage.run}_${order.order_number}`;
  await stage.rest.need('POST', `/api/v1/orders/${order.order_id}/payments`, {
    gateway: 'stripe',
    gateway_payment_id: intent,
  });
  return intent;
}

export async function pay(stage: Ordering, order: OrderView, intent: string, times = 1): Promise<void> {
  const cents = Math.round(order.total_amount * 100);
  for (let n = 0; n < times; n += 1) {
    stage.show.in(`payment_intent.succeeded  ${intent}, ${cents} cents`);
    const { status, body } = await stage.stripe.tell(
      stage.url,
      'payment_intent.succeeded',
      { id: intent, object: 'payment_intent', amount: cents, amount_received: cents, currency: 'ars', metadata: {} },
      { id: `evt_${intent}` },
    );
    stage.show.out(`${status} ${JSON.stringify(body)}`);
  }
}
