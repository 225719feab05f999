import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Outgoing, SendResult } from '../../../src/events/relay/index.ts';
import { createRefundTransport } from '../../../src/modules/ordering/payments/refund-transport.ts';
import { createStripeGateway } from '../../../src/modules/ordering/payments/stripe-gateway.ts';
import { startStripeStub, type Fault, type StripeStub } from './payments-stripe-stub.ts';
import {
  askRest,
  newIntent,
  openPaymentsBench,
  placeOrder,
  refunded,
  registerAt,
  succeeded,
  tell,
  TOTAL_CENTS,
  type PaymentsBench,
} from './payments-support.ts';

const INTENTS = '/v1/payment_intents';
/** A connection that breaks is tried once more by the SDK itself, with the same key: it may have been idle too long. */
const LOST: Fault[] = ['lose the answer', 'lose the answer'];

describe('paying an order over REST', () => {
  let it_: PaymentsBench;
  before(async () => void (it_ = await openPaymentsBench()));
  after(() => it_.close());
  afterEach(() => it_.stripe.fail());

  const codeOf = async (answer: ReturnType<typeof askRest>) => {
    const { status, body } = await answer;
    return [status, body['code']];
  };

  it('makes an intent at Stripe for what the order costs, and hands its secret on without keeping it', async () => {
    const order = await placeOrder(it_, it_.tenant);
    const { status, body } = await registerAt(it_, it_.tenant, order);
    assert.equal(status, 201);
    const [request] = it_.stripe.made(INTENTS, order.orderId);
    assert.equal(request?.key, `${order.orderId}:1`);
    assert.deepEqual(request?.form, {
      amount: String(TOTAL_CENTS),
      currency: 'ars',
      'metadata[order_id]': order.orderId,
      'metadata[organization_id]': it_.tenant.organizationId,
    });
    const { client_secret, ...payment } = body;
    assert.equal(client_secret, `${String(payment['gateway_payment_id'])}_secret_x`);
    assert.deepEqual(
      [payment['state'], payment['amount'], payment['currency'], payment['order_id']],
      ['pending', 15250.5, 'ARS', order.orderId],
    );
    const listed = await askRest(it_, it_.tenant, 'GET', `/api/v1/orders/${order.orderId}/payments`);
    assert.deepEqual(listed.body, { payments: [payment] });
    const dump = await it_.database.transaction('system', (trx) => trx.rows('SELECT * FROM ordering_payments'));
    assert.ok(!JSON.stringify(dump).includes('_secret_'));
  });

  it('counts in whole units where the currency has no others, and refuses what it cannot say', async () => {
    const yen = await placeOrder(it_, it_.tenant, { currency: 'JPY' });
    assert.deepEqual(await codeOf(registerAt(it_, it_.tenant, yen)), [502, 'gateway_refused']); // 15250.50 of them
    const dinars = await placeOrder(it_, it_.tenant, { currency: 'KWD' });
    assert.equal((await registerAt(it_, it_.tenant, dinars)).status, 201);
    assert.equal(it_.stripe.made(INTENTS, dinars.orderId)[0]?.form['amount'], String(TOTAL_CENTS * 10));
  });

  it('makes the same intent again when the answer was lost, and another one for another attempt', async () => {
    const order = await placeOrder(it_, it_.tenant);
    it_.stripe.fail(...LOST);
    assert.deepEqual(await codeOf(registerAt(it_, it_.tenant, order)), [503, 'gateway_unavailable']);
    assert.equal((await registerAt(it_, it_.tenant, order)).status, 201);
    assert.equal(it_.stripe.made(INTENTS, order.orderId).length, 1);
    await registerAt(it_, it_.tenant, order);
    assert.deepEqual(
      it_.stripe.made(INTENTS, order.orderId).map(({ key }) => key),
      [`${order.orderId}:1`, `${order.orderId}:2`],
    );
  });

  it('makes one intent for two who ask at once', async () => {
    const order = await placeOrder(it_, it_.tenant);
    const answers = await Promise.all([1, 2].map(() => registerAt(it_, it_.tenant, order)));
    const ids = answers.map(({ body }) => body['payment_id']);
    const made = it_.stripe.made(INTENTS, order.orderId).length;
    assert.equal(new Set(ids).size, made);
    assert.ok(answers.every(({ status }) => status === 200 || status === 201));
  });

  it('says when Stripe cannot be asked now, and when it will not have it', async () => {
    const order = await placeOrder(it_, it_.tenant);
    for (const [fault, status, code] of [
      [{ status: 500 }, 503, 'gateway_unavailable'],
      [{ status: 401 }, 503, 'gateway_unavailable'],
      [{ status: 429, retryAfter: 7 }, 503, 'gateway_unavailable'],
      [{ status: 400, code: 'amount_too_small' }, 502, 'gateway_refused'],
    ] as Array<[Fault, number, string]>) {
      it_.stripe.fail(fault);
      const answer = await registerAt(it_, it_.tenant, order);
      assert.deepEqual([answer.status, answer.body['code']], [status, code], JSON.stringify(fault));
      if (typeof fault === 'object' && fault.retryAfter) assert.equal(answer.headers.get('retry-after'), '7');
      assert.ok(!JSON.stringify(answer.body).includes('as the test asked'), 'what Stripe says is not shown');
    }
    const { body } = await askRest(it_, it_.tenant, 'GET', `/api/v1/orders/${order.orderId}/payments`);
    assert.deepEqual(body, { payments: [] });
  });

  it('makes none for an order that cannot be paid', async () => {
    const before = it_.stripe.requests(INTENTS).length;
    for (const options of [
      { state: 'cancelled' },
      { state: 'confirmed' },
      { state: 'completed' },
      { expiresInMs: -1 },
    ]) {
      const order = await placeOrder(it_, it_.tenant, options);
      assert.deepEqual(await codeOf(registerAt(it_, it_.tenant, order)), [409, 'not_payable'], JSON.stringify(options));
    }
    assert.equal(it_.stripe.requests(INTENTS).length, before);
  });

  it('makes none for an order that is paid and waits for its stock, and another one once that money goes back', async () => {
    const [order, intent] = [await placeOrder(it_, it_.tenant, { state: 'pending' }), newIntent()];
    await registerAt(it_, it_.tenant, order, intent);
    await tell(it_, succeeded(intent));
    assert.deepEqual(await codeOf(registerAt(it_, it_.tenant, order)), [409, 'not_payable']);
    assert.equal(it_.stripe.requests(INTENTS, order.orderId).length, 0);
    await tell(it_, refunded(intent, TOTAL_CENTS));
    assert.equal((await registerAt(it_, it_.tenant, order)).status, 201);
  });

  it('registers an intent once, for one order', async () => {
    const [order, other, intent] = [await placeOrder(it_, it_.tenant), await placeOrder(it_, it_.tenant), newIntent()];
    const answers = await Promise.all([1, 2, 3, 4].map(() => registerAt(it_, it_.tenant, order, intent)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 201]);
    assert.equal(new Set(answers.map(({ body }) => body['payment_id'])).size, 1);
    assert.deepEqual(await codeOf(registerAt(it_, it_.tenant, other, intent)), [409, 'payment_taken']);
    const theirs = await placeOrder(it_, it_.stranger);
    assert.deepEqual(await codeOf(registerAt(it_, it_.stranger, theirs, intent)), [409, 'payment_taken']);
  });

  it("knows nothing of another tenant's orders", async () => {
    const theirs = await placeOrder(it_, it_.stranger);
    assert.deepEqual(await codeOf(registerAt(it_, it_.tenant, theirs)), [404, 'not_found']);
    assert.deepEqual(await codeOf(registerAt(it_, it_.tenant, theirs, newIntent())), [404, 'not_found']);
    assert.deepEqual(await codeOf(askRest(it_, it_.tenant, 'GET', `/api/v1/orders/${theirs.orderId}/payments`)), [
      404,
      'not_found',
    ]);
  });

  it('takes no other gateway and no odd names', async () => {
    const order = await placeOrder(it_, it_.tenant);
    for (const body of [
      {},
      { gateway: 'paypal' },
      { gateway: 'stripe', gateway_payment_id: 'pi 1' },
      { gateway: 'stripe', gateway_payment_id: '' },
    ]) {
      const { status } = await askRest(it_, it_.tenant, 'POST', `/api/v1/orders/${order.orderId}/payments`, body);
      assert.equal(status, 400, JSON.stringify(body));
    }
  });
});

describe('a refund on its way to Stripe', () => {
  let stripe: StripeStub;
  before(async () => void (stripe = await startStripeStub()));
  after(() => stripe.close());

  const send = async (...faults: Fault[]): Promise<SendResult & { cause?: string }> => {
    const gateway = createStripeGateway({ secretKey: 'sk_test_1', apiUrl: stripe.url, timeoutMs: 300 });
    stripe.fail(...faults);
    const payload = {
      payment_id: randomUUID(),
      payment_intent: newIntent(),
      order_id: 'o',
      amount_cents: 1050,
      currency: 'ARS',
      reason: 'r',
    };
    const message: Outgoing = {
      id: 1,
      slot: 0,
      key: 'k',
      topic: 'stripe.refund.create',
      payload: JSON.stringify(payload),
      attempts: 0,
      expiresInMs: null,
    };
    return createRefundTransport(gateway).send(message);
  };

  it('is sent when Stripe took it, or had given the money back already', async () => {
    assert.deepEqual(await send(), { kind: 'sent' });
    assert.deepEqual(await send({ status: 400, code: 'charge_already_refunded' }), { kind: 'sent' });
    const last = stripe.made('/v1/refunds').at(-1);
    assert.equal(last?.form['amount'], '1050');
    assert.match(String(last?.key), /^refund:/);
  });

  it('is given up when Stripe will never take it', async () => {
    for (const fault of [
      { status: 400, code: 'parameter_invalid_integer' },
      { status: 404, code: 'resource_missing' },
      { status: 402 },
    ]) {
      const { kind, cause } = await send(fault);
      assert.equal(kind, 'dead', JSON.stringify(fault));
      assert.match(String(cause), new RegExp(`^${fault.status}`));
    }
  });

  it('waits when Stripe is unwell, busy, or does not know us', async () => {
    for (const status of [401, 403, 409, 429, 500, 502, 503])
      assert.equal((await send({ status })).kind, 'down', String(status));
    assert.equal((await send({ status: 400, code: 'lock_timeout' })).kind, 'down');
    assert.deepEqual(((await send({ status: 429, retryAfter: 3 })) as { retryAfterMs?: number }).retryAfterMs, 3000);
    assert.equal((await send('hang')).kind, 'down');
    assert.equal((await send(...LOST)).kind, 'down');
  });

  it('is asked for once an attempt: trying again is the relay’s', async () => {
    const before = stripe.requests('/v1/refunds').length;
    await send({ status: 500 });
    assert.equal(stripe.requests('/v1/refunds').length, before + 1);
  });

  it('waits when nothing listens', async () => {
    const gateway = createStripeGateway({ secretKey: 'sk_test_1', apiUrl: 'http://127.0.0.1:9' });
    const refund = gateway.refund({ gatewayPaymentId: 'pi_1', cents: 1, currency: 'ARS', idempotencyKey: 'k' });
    await assert.rejects(refund, { kind: 'unavailable' });
  });
});
