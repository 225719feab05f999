import assert from 'node:assert/strict';
import { startTestService, until, type TestService } from '../../support/service.ts';

const QUESTIONS = 8;

describe('a burst of slow questions from accounting', () => {
  let service: TestService;
  before(async () => (service = await startTestService({ settings: { DATABASE_POOL: '5' } })));
  after(() => service.close());

  it('leaves connections for everybody else, and every question gets its answer', async () => {
    const { database } = service;
    const ask = (day: number) => {
      const payload = { fechaDesde: `2024-01-0${day}`, fechaHasta: '2024-01-31' };
      return service.deliver(day % 2 ? 'iva.pedido' : 'ventas.mes', payload);
    };
    let asked: Array<ReturnType<typeof ask>> = [];
    // No report can read orders while this is held: each takes as long as we like.
    await database.transaction('system', async (trx) => {
      await trx.rows('RESET ROLE');
      await trx.rows('LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
      asked = Array.from({ length: QUESTIONS }, (_, index) => ask(index + 1));
      await until('two at work', async () => (await waitingForLocks(service)) === 2);
      const [status, unknown] = await Promise.all([
        fetch(`${service.url}/api/status`),
        service.deliver('blockchain.error.response', { error: 'no se sabe de quién' }),
      ]);
      assert.deepEqual([status.status, unknown.status], [200, 200]);
      assert.equal(await waitingForLocks(service), 2);
    });
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    assert.deepEqual(statuses, Array<number>(QUESTIONS).fill(204));
  });
});

const waitingForLocks = async ({ database }: TestService): Promise<number> =>
  (
    await database.transaction('system', (trx) =>
      trx.one<{ count: number }>(`SELECT count(*) AS count FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`),
    )
  ).count;
