import assert from 'node:assert/strict';
import { until } from '../support/service.ts';
import { openShop, orderOf } from '../support/shop.ts';
import { openCallbackBench, post, type CallbackBench } from './support.ts';

describe('the callback when too many events wait', () => {
  let bench: CallbackBench;
  before(async () => (bench = await openCallbackBench()));
  after(() => bench.close());

  it('turns the next away with 503 and Retry-After, and takes it when it comes again', async () => {
    const { url, lines } = await bench.listen({ CALLBACK_MAX_WAITING: '2' });
    const shop = await openShop(bench.database, { stock: 10 });
    const deliver = (id: string) =>
      post(`${url}/callback`, JSON.stringify(orderOf(shop, id)), { 'x-topic': 'pedido.creado' });
    const taken: Array<ReturnType<typeof deliver>> = [];
    await bench.database.transaction('system', async (trx) => {
      await trx.rows('SELECT FROM stock WHERE tenant_id = $1 FOR UPDATE', [shop.tenantId]);
      taken.push(deliver('O-1'), deliver('O-2'));
      await until('both taken in', () => lines.filter((line) => line.includes('RECEIVED] Topic')).length === 2);
      const turnedAway = await deliver('O-3');
      assert.equal(turnedAway.status, 503);
      assert.equal(turnedAway.headers.get('retry-after'), '1');
      assert.deepEqual(Object.keys(turnedAway.body), ['success', 'message', 'code']);
      assert.equal(turnedAway.body['code'], 'sobrecargado');
    });
    assert.deepEqual((await Promise.all(taken)).map(({ status }) => status), [204, 204]);
    assert.equal((await deliver('O-3')).status, 204);
    assert.equal(lines.filter((line) => line.startsWith('warn') && line.includes('2 events wait')).length, 1);
  });
});
