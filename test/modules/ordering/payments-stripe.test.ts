import assert from 'node:assert/strict';
import { onlineOrderStories } from '../../../src/modules/ordering/orders/story.ts';
import { startTestService, until, type TestService } from '../../support/service.ts';
import {
  askRest,
  failed,
  looking,
  naming,
  newIntent,
  openPaymentsBench,
  placeOrder,
  refunded,
  registerAt,
  settingsFor,
  succeeded,
  tell,
  TOTAL_CENTS,
  type PaymentsBench,
  type PlacedOrder,
  type StripeEvent,
} from './payments-support.ts';

const REFUNDS = '/v1/refunds';
const SUCCESS = { status: 200, body: { status: 'success' } };

describe('what Stripe reports of payments', () => {
  let it_: PaymentsBench;
  let look: ReturnType<typeof looking>;
  before(async () => {
    it_ = await openPaymentsBench();
    look = looking(it_);
  });
  after(() => it_.close());

  const say = async (event: StripeEvent) => assert.deepEqual(await tell(it_, event), SUCCESS);
  const orderState = async (order: PlacedOrder) => (await look.order(order)).state;
  const paymentState = async (intent: string) => (await look.payment(intent))?.state;
  const published = async (topic: string, order: PlacedOrder) => (await look.published(topic, order)).length;
  /** An order whose payment is registered, and has come in when `paid`. */
  const open = async ({ paid = false, ...options }: Parameters<typeof placeOrder>[2] & { paid?: boolean } = {}) => {
    const [order, intent] = [await placeOrder(it_, it_.tenant, options), newIntent()];
    assert.equal((await registerAt(it_, it_.tenant, order, intent)).status, 201);
    if (paid) await say(succeeded(intent));
    return { order, intent };
  };

  describe('a payment that came in', () => {
    it('confirms its order, and the confirmation names the payment', async () => {
      const { order, intent } = await open();
      await say(succeeded(intent));
      assert.deepEqual([await orderState(order), await paymentState(intent)], ['confirmed', 'succeeded']);
      const [confirmed] = await look.published('order.confirmed', order);
      const { payments } = (await askRest(it_, it_.tenant, 'GET', `/api/v1/orders/${order.orderId}/payments`)).body as {
        payments: Array<Record<string, unknown>>;
      };
      assert.equal((confirmed?.payload['data'] as Record<string, unknown>)['payment_id'], payments[0]?.['payment_id']);
      assert.deepEqual(
        [payments[0]?.['state'], payments[0]?.['amount'], payments[0]?.['refunded_amount']],
        ['succeeded', 15250.5, 0],
      );
    });

    it('waits when nobody registered it yet, and confirms the order the moment somebody does', async () => {
      const [order, intent] = [await placeOrder(it_, it_.tenant), newIntent()];
      const event = succeeded(intent);
      await say(event);
      assert.deepEqual(
        [await orderState(order), await look.outcomes(event.id)],
        ['payment_pending', [['parked', 'en_espera']]],
      );
      const { status, body } = await registerAt(it_, it_.tenant, order, intent);
      assert.deepEqual([status, body['state']], [201, 'succeeded']);
      assert.equal(await orderState(order), 'confirmed');
      assert.deepEqual(
        (await look.outcomes(event.id)).map(([outcome]) => outcome),
        ['done'],
      );
    });

    it('is taken after all when what it waited for came at a moment at which it could not be', async () => {
      const [order, intent] = [await placeOrder(it_, it_.tenant), newIntent()];
      const event = succeeded(intent);
      await say(event);
      await it_.database.pool.query(`
        CREATE FUNCTION not_now() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE EXCEPTION 'canceling statement due to lock timeout' USING ERRCODE = 'lock_not_available'; END $$;
        CREATE TRIGGER not_now BEFORE UPDATE ON ordering_orders
          FOR EACH ROW WHEN (new.order_id = '${order.orderId}') EXECUTE FUNCTION not_now()`);
      try {
        assert.equal((await registerAt(it_, it_.tenant, order, intent)).status, 201);
        assert.equal(await orderState(order), 'payment_pending');
      } finally {
        await it_.database.pool.query('DROP TRIGGER not_now ON ordering_orders; DROP FUNCTION not_now()');
      }
      const { rowCount } = await it_.database.pool.query(
        `UPDATE parked_events SET woken_at = now() WHERE state = 'waiting' AND woken_at > now() AND note LIKE '%lock timeout%'`,
      );
      assert.equal(rowCount, 1, 'it is to be tried again, in half a minute; here at once');
      await until('the order is confirmed', async () => (await orderState(order)) === 'confirmed');
      assert.deepEqual((await look.outcomes(event.id)).map(([outcome]) => outcome), ['done']);
      await say(event); // as Stripe repeats it
      assert.equal(await published('order.confirmed', order), 1);
    });

    it('needs no registration when it names its order and organization', async () => {
      const [order, intent] = [await placeOrder(it_, it_.tenant), newIntent()];
      await say(succeeded(intent, naming(order, it_.tenant)));
      assert.deepEqual([await orderState(order), await paymentState(intent)], ['confirmed', 'succeeded']);
    });

    it('counts once, told twenty times at once by two names', async () => {
      const { order, intent } = await open();
      const [event, other] = [succeeded(intent), succeeded(intent)];
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => say({ ...(n % 2 ? event : other), pending_webhooks: n } as StripeEvent)),
      );
      assert.equal(await published('order.confirmed', order), 1);
      const outcomes = (await look.outcomes(event.id)).map(([outcome]) => outcome).sort();
      assert.deepEqual(outcomes, ['done', ...Array<string>(9).fill('repeat')]);
    });

    it('is given back when another one had paid the order, and giving it back leaves the order alone', async () => {
      const { order, intent } = await open({ paid: true });
      const second = newIntent();
      await registerAt(it_, it_.tenant, order, second);
      const event = succeeded(second);
      await say(event);
      assert.deepEqual(await look.outcomes(event.id), [['warned', 'devolucion_pedida']]);
      await until('the refund is made', () => it_.stripe.made(REFUNDS, second).length);
      await say(refunded(second, TOTAL_CENTS));
      assert.deepEqual(
        [await orderState(order), await paymentState(intent), await paymentState(second)],
        ['confirmed', 'succeeded', 'refunded'],
      );
      assert.equal(it_.stripe.requests(REFUNDS, intent).length, 0);
      const [story] = await it_.database.transaction('system', (trx) => onlineOrderStories(trx, order.orderId));
      assert.equal(story?.entries.filter(({ texto }) => texto.startsWith('salió stripe.refund.create: published')).length, 1);
    });
  });

  it('for an order of a business that is gone is given back, registered or not', async () => {
    const bench = await openPaymentsBench();
    try {
      const { tenant } = bench;
      const [order, intent, registered] = [await placeOrder(bench, tenant), newIntent(), newIntent()];
      await registerAt(bench, tenant, order, registered);
      assert.equal((await askRest(bench, tenant, 'DELETE', `/api/tenants/${tenant.tenantId}`)).status, 200);
      for (const paid of [intent, registered]) {
        assert.deepEqual(await tell(bench, succeeded(paid, naming(order, tenant))), SUCCESS);
        await until('the refund is made', () => bench.stripe.made(REFUNDS, paid).length);
      }
    } finally {
      await bench.close();
    }
  });

  it('is taken by an order whose stock is still being reserved, and a second one is given back at once', async () => {
    const { order, intent } = await open({ state: 'pending', paid: true });
    assert.deepEqual([await orderState(order), await paymentState(intent)], ['pending', 'succeeded']);
    const second = newIntent();
    await registerAt(it_, it_.tenant, order, second);
    await say(succeeded(second));
    await until('the refund is made', () => it_.stripe.made(REFUNDS, second).length);
    assert.equal(it_.stripe.requests(REFUNDS, intent).length, 0);
  });

  it('is given back, what is left of it, when its order is cancelled; the refund changes the order no more', async () => {
    const { order, intent } = await open({ paid: true });
    await say(refunded(intent, 1000));
    const path = `/api/v1/orders/${order.orderId}/cancel`;
    const answers = await Promise.all(
      [1, 2, 3].map(() => askRest(it_, it_.tenant, 'POST', path, { reason: 'customer_request' })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
    await until('the refund is made', () => it_.stripe.made(REFUNDS, intent).length);
    assert.deepEqual(
      it_.stripe.made(REFUNDS, intent).map(({ form }) => form['amount']),
      [String(TOTAL_CENTS - 1000)],
    );
    await say(refunded(intent, TOTAL_CENTS));
    assert.deepEqual(
      [await look.order(order), await paymentState(intent)],
      [{ state: 'cancelled', reason: 'customer_request' }, 'refunded'],
    );
    assert.equal(await published('order.cancelled', order), 1);
  });

  describe('a payment of another amount', () => {
    for (const [what, wrong] of Object.entries({
      'less than the order costs': { amount_received: TOTAL_CENTS - 1 },
      'more than the order costs': { amount: TOTAL_CENTS + 1, amount_received: TOTAL_CENTS + 1 },
      'another currency': { currency: 'usd' },
    })) {
      it(`is recorded, leaves the order as it was and is given back: ${what}`, async () => {
        const { order, intent } = await open();
        const event = succeeded(intent, wrong);
        await say(event);
        assert.deepEqual(await look.outcomes(event.id), [['warned', 'importe_distinto']]);
        assert.deepEqual([await orderState(order), await paymentState(intent)], ['payment_pending', 'succeeded']);
        const refund = await until('the refund is made', () => it_.stripe.made(REFUNDS, intent)[0]);
        const { payments } = (await askRest(it_, it_.tenant, 'GET', `/api/v1/orders/${order.orderId}`)).body as { payments: Array<Record<string, unknown>> };
        assert.equal(payments[0]?.['currency'], 'currency' in wrong ? 'USD' : 'ARS');
        assert.ok(payments[0]?.['refund_asked_at']);
        assert.equal(refund.form['amount'], String({ amount_received: TOTAL_CENTS, ...wrong }.amount_received));
        const amount_captured = Number(refund.form['amount']);
        await say(refunded(intent, amount_captured, { ...wrong, amount_captured }));
        assert.deepEqual([await orderState(order), await paymentState(intent)], ['payment_pending', 'refunded']);
        await registerAt(it_, it_.tenant, order, intent); // nothing changes by registering it again
        const right = newIntent();
        await registerAt(it_, it_.tenant, order, right);
        await say(succeeded(right));
        assert.equal(await orderState(order), 'confirmed');
      });
    }

    it('is not taken for an order that it only names', async () => {
      const [order, intent] = [await placeOrder(it_, it_.tenant), newIntent()];
      const event = succeeded(intent, { ...naming(order, it_.tenant), amount_received: 1 });
      await say(event);
      assert.deepEqual(
        [await look.outcomes(event.id), await look.payment(intent)],
        [[['parked', 'en_espera']], undefined],
      );
      const { rows } = await it_.database.pool.query<{ reason: string }>(`SELECT reason FROM parked_events WHERE wait_key = $1`, [`pago:${intent}`]);
      assert.match(rows[0]?.reason ?? '', new RegExp(`es de 0.01 ARS y el pedido ${order.orderId}, que nombra, cuesta 15250.5 ARS`));
    });
  });

  describe("a payment that names somebody else's order", () => {
    it('waits, and touches neither', async () => {
      const theirs = await placeOrder(it_, it_.stranger);
      for (const metadata of [
        { order_id: theirs.orderId, organization_id: it_.tenant.organizationId },
        { order_id: theirs.orderId, organization_id: 'org_nobody' },
        { order_id: theirs.orderId },
        { order_id: 'nothing', organization_id: it_.stranger.organizationId },
        { order_id: `${'x'.repeat(600)}`, organization_id: 7 },
      ]) {
        const event = succeeded(newIntent(), { metadata });
        await say(event);
        assert.deepEqual(await look.outcomes(event.id), [['parked', 'en_espera']], JSON.stringify(metadata));
      }
      assert.equal(await orderState(theirs), 'payment_pending');
    });

    it('is that order’s, whoever registered it for another one', async () => {
      for (const owner of [it_.tenant, it_.stranger]) {
        const named = await placeOrder(it_, owner);
        const { order, intent } = await open();
        await say(failed(intent)); // of the one who registered it, as far as was known
        await say(succeeded(intent, naming(named, owner)));
        assert.deepEqual(
          [await orderState(order), await orderState(named), await paymentState(intent)],
          ['payment_pending', 'confirmed', 'succeeded'],
        );
        const path = ({ orderId }: PlacedOrder) => `/api/v1/orders/${orderId}/payments`;
        const theirs = (await askRest(it_, owner, 'GET', path(named))).body as { payments: Array<Record<string, unknown>> };
        assert.deepEqual(theirs.payments.map((one) => [one['gateway_payment_id'], one['order_id']]), [[intent, named.orderId]]);
        assert.deepEqual((await askRest(it_, it_.tenant, 'GET', path(order))).body, { payments: [] });
        const again = await registerAt(it_, it_.tenant, order, intent);
        assert.deepEqual([again.status, again.body['code']], [409, 'payment_taken']);
        assert.equal((await registerAt(it_, owner, named, intent)).status, 200);
        assert.equal(it_.stripe.requests(REFUNDS, intent).length, 0);
      }
    });

    it('is given back when it is not what that order costs, though the one it was registered for costs as much', async () => {
      const named = await placeOrder(it_, it_.stranger, { currency: 'USD' });
      const { order, intent } = await open();
      await say(failed(intent, naming(named, it_.stranger)));
      assert.deepEqual(await look.notices(named.customerId), [], 'a stranger to whoever registered it');
      const event = succeeded(intent, naming(named, it_.stranger));
      await say(event);
      assert.deepEqual(await look.outcomes(event.id), [['warned', 'importe_distinto']]);
      assert.deepEqual(
        [await orderState(order), await orderState(named), await paymentState(intent)],
        ['payment_pending', 'payment_pending', 'succeeded'],
      );
      await until('the refund is made', () => it_.stripe.made(REFUNDS, intent).length);
      await say(refunded(intent, TOTAL_CENTS, naming(named, it_.stranger)));
      assert.deepEqual([await orderState(order), await paymentState(intent)], ['payment_pending', 'refunded']);
    });

    it('stays with the order that it has paid already', async () => {
      const named = await placeOrder(it_, it_.stranger);
      const { order, intent } = await open({ paid: true });
      await say(succeeded(intent, naming(named, it_.stranger)));
      assert.deepEqual([await orderState(order), await orderState(named)], ['confirmed', 'payment_pending']);
      await say(refunded(intent, TOTAL_CENTS, naming(named, it_.stranger)));
      assert.deepEqual([await look.order(order), await paymentState(intent)], [{ state: 'cancelled', reason: 'refunded' }, 'refunded']);
    });
  });

  describe('an attempt that failed', () => {
    it('is recorded with its reason, leaves the order, and the customer is told once', async () => {
      const { order, intent } = await open();
      const event = failed(intent);
      for (let n = 0; n < 3; n += 1) await say(event);
      const payment = await look.payment(intent);
      assert.deepEqual(
        [payment?.state, payment?.failure, await orderState(order)],
        ['failed', 'Your card was declined.', 'payment_pending'],
      );
      const data = { order_number: order.orderNumber, reason: 'Your card was declined.' };
      assert.deepEqual(await look.notices(order.customerId), [{ name: 'payment_failed', data }]);
    });

    it('says nothing any more once the payment came in', async () => {
      const { order, intent } = await open({ paid: true });
      const event = failed(intent);
      await say(event);
      assert.deepEqual(
        [await paymentState(intent), await orderState(order), await look.outcomes(event.id)],
        ['succeeded', 'confirmed', [['warned', 'atrasado']]],
      );
      assert.ok(!(await look.notices(order.customerId)).some(({ name }) => name === 'payment_failed'));
    });

    it('does not keep the next attempt from confirming the order', async () => {
      const { order, intent } = await open();
      await say(failed(intent));
      await say(succeeded(intent));
      const payment = await look.payment(intent);
      assert.deepEqual([await orderState(order), payment?.state, payment?.failure], ['confirmed', 'succeeded', null]);
    });
  });

  describe('money that went back', () => {
    it('in part changes no state, in full cancels the order, once', async () => {
      const { order, intent } = await open({ paid: true });
      await say(refunded(intent, 1000));
      assert.deepEqual(
        [await orderState(order), await paymentState(intent), (await look.payment(intent))?.refunded_cents],
        ['confirmed', 'succeeded', 1000],
      );
      const whole = refunded(intent, TOTAL_CENTS);
      await Promise.all(Array.from({ length: 10 }, () => say(whole)));
      await say(refunded(intent, 2000)); // told late
      const payment = await look.payment(intent);
      assert.deepEqual([payment?.state, payment?.refunded_cents], ['refunded', TOTAL_CENTS]);
      assert.deepEqual(await look.order(order), { state: 'cancelled', reason: 'refunded' });
      assert.equal(await published('order.cancelled', order), 1);
      assert.equal(it_.stripe.requests(REFUNDS, intent).length, 0, 'nobody asked us to give back anything');
    });

    it('before it was heard of confirms nothing', async () => {
      const { order, intent } = await open();
      await say(refunded(intent, TOTAL_CENTS));
      await say(succeeded(intent));
      assert.deepEqual(
        [await orderState(order), await paymentState(intent), await published('order.confirmed', order)],
        ['payment_pending', 'refunded', 0],
      );
    });

    it('of a charge without an intent is nobody here', async () => {
      const event = refunded(newIntent(), TOTAL_CENTS, { payment_intent: null });
      await say(event);
      assert.deepEqual(await look.outcomes(event.id), [['refused', 'sin_pago']]);
    });
  });

  it('ends in the same whatever the order, the repetitions and what comes at once', async () => {
    const orders = [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [2, 0, 3, 1],
      [1, 3, 0, 2],
      [0, 3, 1, 2],
    ];
    for (const [index, sequence] of orders.entries()) {
      const [order, intent] = [await placeOrder(it_, it_.tenant), newIntent()];
      const events = [failed(intent), succeeded(intent), refunded(intent, 500), refunded(intent, TOTAL_CENTS)];
      const told = [...sequence, ...sequence].map((n) => events[n] as StripeEvent);
      if (index % 2) {
        await registerAt(it_, it_.tenant, order, intent);
        for (const event of told) await say(event);
      } else await Promise.all([...told.map(say), registerAt(it_, it_.tenant, order, intent)]);
      const { state, refunded_cents, paid_at, failure } = (await look.payment(intent)) as NonNullable<
        Awaited<ReturnType<typeof look.payment>>
      >;
      assert.deepEqual(
        [state, refunded_cents, paid_at !== null, failure],
        ['refunded', TOTAL_CENTS, true, null],
        String(sequence),
      );
      assert.notEqual(await orderState(order), 'confirmed', String(sequence));
      assert.equal(it_.stripe.requests(REFUNDS, intent).length, 0, 'what went back already is not asked for');
    }
  });

  it('is either kept or given back, never both, when payments and a cancellation meet', async () => {
    const placed = await Promise.all(Array.from({ length: 8 }, () => open()));
    const seconds = placed.map(() => newIntent());
    await Promise.all(
      placed.flatMap(({ order, intent }, n) => [
        say(succeeded(intent)),
        askRest(it_, it_.tenant, 'POST', `/api/v1/orders/${order.orderId}/cancel`, {}),
        registerAt(it_, it_.tenant, order, seconds[n]),
        say(succeeded(seconds[n] as string)),
      ]),
    );
    for (const [n, { order, intent }] of placed.entries()) {
      const payments = await Promise.all([intent, seconds[n] as string].map(look.payment));
      assert.deepEqual(
        payments.map((payment) => payment?.state),
        ['succeeded', 'succeeded'],
      );
      const kept = payments.filter((payment) => payment?.refund_asked_at === null).length;
      const state = await orderState(order);
      assert.ok(state === 'confirmed' || state === 'cancelled', state);
      assert.equal(kept, state === 'confirmed' ? 1 : 0, state);
      assert.equal(await published('stripe.refund.create', order), 2 - kept);
    }
  });

  describe('a payment that came in after the time was up', () => {
    it('confirms the order when there is still stock', async () => {
      const { order, intent } = await open({ expiresInMs: -1000, stock: 2 });
      await say(succeeded(intent));
      assert.deepEqual([await orderState(order), await paymentState(intent)], ['confirmed', 'succeeded']);
      assert.equal(it_.stripe.requests(REFUNDS, intent).length, 0);
    });
  });
});

describe('money to be given back, while Stripe fails and the service is stopped', () => {
  it('is given back once', async () => {
    const bench = await openPaymentsBench({ ROLES: 'web' }); // sends nothing itself
    const [look, settings] = [looking(bench), settingsFor(bench.stripe)];
    const running: TestService[] = [];
    const started = async () => {
      const service = await startTestService({ beside: bench, settings });
      running.push(service);
      return service;
    };
    const stop = async () => void (await Promise.all(running.splice(0).map((service) => service.close())));
    try {
      const first = await started();
      const [order, intent] = [await placeOrder(bench, bench.tenant, { expiresInMs: -1000, stock: 1 }), newIntent()];
      bench.stripe.fail(...Array.from({ length: 1000 }, () => ({ status: 500 })));
      assert.equal((await registerAt(first, bench.tenant, order, intent)).status, 201);
      const event = succeeded(intent);
      assert.deepEqual(await tell(first, event), SUCCESS);
      assert.deepEqual(await look.outcomes(event.id), [['warned', 'devolucion_pedida']]);
      assert.equal((await look.order(order)).state, 'cancelled');
      await until('Stripe was asked, and failed', () => bench.stripe.requests(REFUNDS, intent).length);
      await stop();
      assert.deepEqual(bench.stripe.made(REFUNDS, intent), []);
      assert.equal((await look.published('stripe.refund.create', order))[0]?.state, 'pending');

      bench.stripe.fail('lose the answer', 'lose the answer', { status: 429 });
      const second = await started();
      assert.deepEqual(await tell(second, event), SUCCESS); // Stripe tells it again
      await until(
        'the refund is sent',
        async () => (await look.published('stripe.refund.create', order))[0]?.state === 'published',
        40_000,
      );
      const made = bench.stripe.made(REFUNDS, intent);
      assert.deepEqual(
        made.map(({ form }) => form),
        [{ payment_intent: intent, amount: String(TOTAL_CENTS) }],
      );
      assert.equal(new Set(bench.stripe.requests(REFUNDS, intent).map(({ key }) => key)).size, 1, 'one key');
      assert.deepEqual(await tell(second, refunded(intent, TOTAL_CENTS)), SUCCESS);
      assert.equal((await look.payment(intent))?.state, 'refunded');
      assert.equal((await look.published('order.cancelled', order)).length, 1);
    } finally {
      await stop();
      await bench.close();
    }
  });
});
