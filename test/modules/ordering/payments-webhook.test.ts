import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { startTestService, until } from '../../support/service.ts';
import {
  looking,
  naming,
  newIntent,
  openPaymentsBench,
  placeOrder,
  registerAt,
  SECRETS,
  signature,
  succeeded,
  tell,
  type PaymentsBench,
} from './payments-support.ts';

const SUCCESS = { status: 200, body: { status: 'success' } };
const INVALID_SIGNATURE = { status: 400, body: { error: 'Invalid signature' } };
const INVALID_PAYLOAD = { status: 400, body: { error: 'Invalid payload' } };

describe('the address that Stripe reports to', () => {
  let it_: PaymentsBench;
  let look: ReturnType<typeof looking>;
  before(async () => {
    it_ = await openPaymentsBench();
    look = looking(it_);
  });
  after(() => it_.close());

  const kept = async () =>
    (
      await it_.database.transaction('system', (trx) =>
        trx.one<{ n: number }>(`SELECT count(*) AS n FROM events WHERE source = 'stripe'`),
      )
    ).n;

  it('takes what is signed in time, with any of the secrets', async () => {
    for (const secret of SECRETS) assert.deepEqual(await tell(it_, succeeded(newIntent()), { secret }), SUCCESS);
    assert.deepEqual(await tell(it_, succeeded(newIntent()), { age: 290 }), SUCCESS);
  });

  it('refuses what nobody signed, or somebody else, or too long ago, or as another body, and keeps nothing', async () => {
    const event = succeeded(newIntent());
    const payload = JSON.stringify(event);
    const right = signature(payload);
    const before = await kept();
    const refused = {
      'no signature': { header: null },
      'a blank one': { header: '' },
      'no signature at all': { header: 'of Stripe' },
      'no timestamp': { header: right.replace(/t=\d+,/, '') },
      'no v1': { header: right.replace('v1=', 'v0=') },
      'half of one': { header: right.slice(0, -2) },
      "somebody else's": { secret: 'whsec_other' },
      'an old one': { age: 301 },
      "another body's": { sent: payload.replace('1525050', '1525051') },
      'the same body, spaced otherwise': { sent: JSON.stringify(event, null, 2) },
    };
    for (const [what, signing] of Object.entries(refused))
      assert.deepEqual(await tell(it_, payload, signing), INVALID_SIGNATURE, what);
    assert.deepEqual(
      await tell(it_, 'no JSON', { header: null }),
      INVALID_SIGNATURE,
      'the signature is looked at first',
    );
    assert.equal(await kept(), before);
    assert.deepEqual(await tell(it_, payload), SUCCESS);
  });

  it('refuses a signed body that is no event, and keeps nothing of it', async () => {
    const before = await kept();
    const bodies = [
      '',
      'no JSON',
      '{"id":"evt_1"',
      'null',
      '[]',
      '"evt"',
      '{}',
      '{"id":"evt_1"}',
      '{"id":1,"type":"x"}',
      '{"id":"e","type":""}',
    ];
    for (const body of bodies) assert.deepEqual(await tell(it_, body), INVALID_PAYLOAD, body);
    assert.equal(await kept(), before);
  });

  it('keeps the body as it came', async () => {
    const event = succeeded(newIntent(), { description: 'ñandú 🙂', extra: { nested: [1.0, null] } });
    const body = JSON.stringify(event, null, 3).replace('"livemode"', '  "livemode"');
    assert.deepEqual(await tell(it_, body), SUCCESS);
    const rows = await it_.database.transaction('system', (trx) =>
      trx.rows<{ body: string }>(`SELECT body FROM events WHERE source = 'stripe' AND body LIKE $1`, [`%${event.id}%`]),
    );
    assert.deepEqual(rows, [{ body }]);
  });

  it('takes and keeps a type that nobody here handles', async () => {
    const event = { ...succeeded(newIntent()), type: 'customer.created' };
    assert.deepEqual(await tell(it_, event), SUCCESS);
    assert.deepEqual(await look.outcomes(event.id), [['unknown', 'tema_desconocido']]);
  });

  it('takes and keeps an event of a type of ours that lacks what we need', async () => {
    const event = succeeded(newIntent(), { amount: 'a lot' });
    assert.deepEqual(await tell(it_, event), SUCCESS);
    assert.deepEqual(await look.outcomes(event.id), [['invalid', 'contenido_invalido']]);
  });

  it('answers 500 when it failed, so that Stripe sends it again, and tries again by itself', async () => {
    const [order, intent] = [await placeOrder(it_, it_.tenant), newIntent()];
    const event = succeeded(intent, naming(order, it_.tenant));
    const rename = (from: string, to: string) => it_.database.pool.query(`ALTER TABLE ${from} RENAME TO ${to}`);
    await rename('ordering_payments', 'ordering_payments_away');
    try {
      const { status, body } = await tell(it_, event);
      assert.equal(status, 500);
      assert.deepEqual(Object.keys(body as object), ['error']);
    } finally {
      await rename('ordering_payments_away', 'ordering_payments');
    }
    await until('the payment is recorded', async () => (await look.payment(intent))?.state === 'succeeded');
    assert.deepEqual(await tell(it_, event), SUCCESS);
  });

  it('takes nothing else at that address, and is only that address', async () => {
    const ask = async (method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) => {
      const response = await fetch(it_.url + path, { method, headers, body });
      return {
        status: response.status,
        type: response.headers.get('content-type'),
        allow: response.headers.get('allow'),
        text: await response.text(),
      };
    };
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
      const { status, allow, type } = await ask(method, '/api/v1/webhooks/stripe');
      assert.deepEqual([status, allow, type?.split(';')[0]], [405, 'POST', 'application/problem+json'], method);
    }
    for (const path of [
      '/api/v1/webhooks/paypal',
      '/api/v1/webhooks',
      '/api/v1/webhooks/stripe/',
      '/api/v1/webhooks/Stripe',
    ]) {
      const { status, type, text } = await ask('POST', path, { 'content-type': 'application/json' }, '{}');
      assert.deepEqual(
        [status, type?.split(';')[0], (JSON.parse(text) as { code: string }).code],
        [404, 'application/problem+json', 'not_found'],
        path,
      );
    }
    const large = await ask('POST', '/api/v1/webhooks/stripe', {}, 'x'.repeat(1_048_577));
    assert.deepEqual([large.status, large.type?.split(';')[0]], [413, 'application/problem+json']);
    const zipped = await ask('POST', '/api/v1/webhooks/stripe', { 'content-encoding': 'gzip' }, gzipSync('{}'));
    assert.equal(zipped.status, 415);
  });

  it('is not there without a secret', async () => {
    const other = await startTestService({ beside: it_, settings: { ROLES: 'web' } });
    try {
      const { status, body } = await tell(other, succeeded(newIntent()));
      assert.deepEqual([status, (body as { code: string }).code], [404, 'not_found']);
      const order = await placeOrder(it_, it_.tenant);
      const { status: created, body: problem } = await registerAt(other, it_.tenant, order);
      assert.deepEqual([created, problem['code']], [503, 'gateway_not_configured']);
      assert.match(String(problem['ayuda']), /STRIPE_SECRET_KEY/);
    } finally {
      await other.close();
    }
  });
});
