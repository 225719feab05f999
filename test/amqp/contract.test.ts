import { randomUUID } from 'node:crypto';
import { keepsTheContract, type Harness, type Told } from '../events/contract.ts';
import { sharedBroker } from '../support/broker.ts';
import { until } from '../support/service.ts';
import { openWorld, STOCK, type World } from './support.ts';

interface EventRow {
  outcome: string;
  answer: { success: boolean; code: string } | null;
}

const KNOWN = 'thing.taken';

const told = ({ outcome, answer }: EventRow): Told => ({
  settled: outcome !== 'failed',
  success: answer === null || answer.success,
  code: answer?.code,
  replay: outcome === 'repeat',
});

/** From the outbox to the consumer and back to what was kept of it. */
function harnessOn(world: World): Harness {
  const settled = (raw: string, after: number, times: number) =>
    until(`${times} deliveries of ${raw} are kept`, async () => {
      const rows = await world.rows<EventRow>(
        'SELECT outcome, answer FROM events WHERE event_id > $1 AND body = $2 ORDER BY event_id', [after, raw],
      );
      return rows.length >= times ? rows : undefined;
    });
  const deliver = (topic: string, payload: object, times: number, key?: () => string) =>
    topic === KNOWN
      ? world.publish(topic, Array.from({ length: times }, () => payload), key)
      : world.inject(topic, JSON.stringify(payload));
  return {
    database: world.database,
    stock: STOCK,
    async send(topic, payload, { times = 1, together = false } = {}) {
      const [{ after } = { after: 0 }] = await world.rows<{ after: number }>('SELECT coalesce(max(event_id), 0) AS after FROM events');
      await deliver(topic, payload as object, times, together ? randomUUID : undefined);
      return (await settled(JSON.stringify(payload), after, times)).map(told);
    },
    fact: (id, quantity) => ({ topic: KNOWN, payload: { id, quantity } }),
    effects: async () => (await world.rows<{ n: number }>('SELECT count(*) AS n FROM effects'))[0]?.n ?? 0,
    async break(id) {
      const run = (sql: string) => world.database.pool.query(sql);
      await run(`ALTER TABLE effects ADD CONSTRAINT broken CHECK (id <> '${id}') NOT VALID`);
      return { heal: async () => void (await run('ALTER TABLE effects DROP CONSTRAINT broken')) };
    },
    close: () => world.close(),
  };
}

describe('over a broker', () => {
  let url: string;
  before(async function () {
    url = await sharedBroker(this);
  });
  keepsTheContract('RabbitMQ', async () => harnessOn(await openWorld({ url })));
});

keepsTheContract('local delivery', async () => harnessOn(await openWorld({})));
