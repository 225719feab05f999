import assert from 'node:assert/strict';
import type { Faults, HubSimulator } from '../../scripts/hub-simulator/index.ts';
import { balanceFor, startHubSimulator } from '../../scripts/hub-simulator/index.ts';
import type { Answer, Callback } from './support.ts';
import { call, publisherOf, startCallback, until } from './support.ts';

const email = 'tenant@example.com';
const traceData = { originModule: 'marketplace-service', traceId: 'trace-1' };

describe('the modules behind the hub simulator', () => {
  let hub: HubSimulator;
  let callback: Callback;
  let publish: (topic: string, payload?: unknown) => Promise<Answer>;

  beforeEach(async () => {
    callback = await startCallback();
    hub = await startHubSimulator({ port: 0, callbackUrl: callback.url });
    publish = await publisherOf(hub);
  });
  afterEach(async () => {
    await hub.close();
    await callback.close();
  });

  const askBalance = () => publish('get.balances.request', { email, traceData });
  const payloads = () => callback.received.map(({ raw }) => JSON.parse(raw) as Record<string, unknown>);

  describe('payments', () => {
    it('answers a balance request with figures of its own', async () => {
      await askBalance();
      await until(() => callback.received.length === 1);
      const { lastUpdated, ...answer } = payloads()[0] ?? {};
      assert.deepEqual(answer, { traceData, email, ...balanceFor('trace-1') });
      assert.ok(!Number.isNaN(Date.parse(String(lastUpdated))));
      assert.equal(callback.received[0]?.headers['x-topic'], 'get.balances.response');
      assert.deepEqual(balanceFor('trace-1'), balanceFor('trace-1'));
      assert.notDeepEqual(balanceFor('trace-1'), balanceFor('trace-2'));
    });

    const variants: [Faults['balance'], (answer: Record<string, unknown>) => unknown, unknown][] = [
      [{ mode: 'wrong-email' }, (answer) => answer.email === email, false],
      [{ mode: 'no-trace' }, (answer) => 'traceData' in answer, false],
      [
        { mode: 'foreign-module' },
        (answer) => answer.traceData,
        { originModule: 'another-service', traceId: 'trace-1' },
      ],
      [{ mode: 'late', delayMs: 20 }, (answer) => answer.traceData, traceData],
      [{ mode: 'error' }, (answer) => Object.keys(answer), ['error']],
    ];
    for (const [balance, look, expected] of variants) {
      it(`answers in the mode ${balance?.mode}`, async () => {
        hub.faults({ balance });
        await askBalance();
        await until(() => callback.received.length === 1);
        assert.deepEqual(look(payloads()[0] ?? {}), expected);
      });
    }

    it('answers twice, and each answer again when deliveries are repeated', async () => {
      hub.faults({ balance: { mode: 'twice' }, duplicateDeliveries: 1, for: 1 });
      await askBalance();
      await until(() => callback.received.length === 4);
      assert.equal(new Set(callback.received.map(({ raw }) => raw)).size, 1);
    });

    it('keeps silent, and only so long as it was told to', async () => {
      hub.faults({ balance: { mode: 'silent' }, for: 1 });
      await askBalance();
      await publish('get.balances.request', { email, traceData: { ...traceData, traceId: 'trace-2' } });
      await until(() => callback.received.length === 1);
      assert.deepEqual(payloads()[0]?.traceData, { ...traceData, traceId: 'trace-2' });
    });

    it('answers a request whose sender saw a failure, but none that was not received', async () => {
      hub.faults({ status: 500, for: 1 });
      await askBalance();
      hub.faults({ dropAfter: true, for: 1 });
      await assert.rejects(askBalance());
      await until(() => callback.received.length === 1);
      assert.equal(hub.published('get.balances.request').length, 1);
    });

    it('is not there when switched off', async () => {
      const alone = await startHubSimulator({ port: 0, callbackUrl: callback.url, payments: false });
      await (await publisherOf(alone))('get.balances.request', { email, traceData });
      await askBalance(); // once this one is answered, the other would have been too
      await until(() => callback.received.length === 1);
      await alone.close();
      assert.equal(callback.received.length, 1);
    });
  });

  describe('accounting', () => {
    const range = { fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' };
    const ask = (body: object) => call(`${hub.url}/_sim/accounting`, 'POST', body);

    it('delivers its request and waits for the matching answer', async () => {
      await publish('venta.mes.respuesta', { ventas: ['of before'] });
      callback.respond = async () => {
        await publish('iva.respuesta', { pedidos: [] });
        await publish('venta.mes.respuesta', { ventas: [], fechaDesde: '1999-01-01' });
        await publish('venta.mes.respuesta', { ventas: [1], ...range });
        return new Response(null, { status: 204 });
      };
      const { status, body } = await ask({ ask: 'ventas.mes', ...range });
      assert.equal(status, 200);
      assert.deepEqual((body.answer as { payload: unknown }).payload, { ventas: [1], ...range });
      assert.equal((body.delivery as { status: number }).status, 204);
      assert.deepEqual(payloads(), [range]);
      assert.equal(callback.received[0]?.headers['x-topic'], 'ventas.mes');
    });

    it('waits for an answer that is published after the delivery was answered', async () => {
      const asked = hub.ask({ ask: 'ordenesbytenant.pedido', ...range, tenant_id: 7 });
      await until(() => callback.received.length === 1);
      await publish('ordenesbytenant.respuesta', { tenant_id: 8 });
      await publish('ordenesbytenant.respuesta', { tenant_id: 7, totales: {} });
      assert.equal((await asked).answer?.payload.tenant_id, 7);
      assert.deepEqual(payloads(), [{ ...range, tenant_id: 7 }]);
    });

    it('answers 504 when nothing comes, 502 when the callback did not take it', async () => {
      const late = await ask({ ask: 'iva.pedido', ...range, timeoutMs: 20 });
      assert.equal(late.status, 504);
      assert.equal((late.body.delivery as { status: number }).status, 204);
      callback.respond = () => new Response(null, { status: 500 });
      assert.equal((await ask({ ask: 'iva.pedido', ...range })).status, 502);
      assert.equal((await ask({ ask: 'pedido.creado' })).status, 400);
    });
  });
});
