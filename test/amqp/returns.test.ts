import { strict as assert } from 'node:assert';
import type { MessageProperties } from 'amqplib';
import { sharedBroker } from '../support/broker.ts';
import { until } from '../support/service.ts';
import { commandsOf, onChannel, openWorld, type Fact, type World } from './support.ts';

const numbered = (id: string, count: number): Fact[] => Array.from({ length: count }, (_, n) => ({ id, n, quantity: 1 }));

describe('what no queue takes', () => {
  let url: string;
  let world: World;
  let inbox: string;
  before(async function () {
    url = await sharedBroker(this);
    world = await openWorld({ url });
    inbox = `${world.names.queue}-elsewhere`;
  });
  after(async () => {
    await world?.close();
    if (inbox) await onChannel(url, (channel) => channel.deleteQueue(inbox));
  });

  const statesOf = async (topic: string) =>
    (await world.rows<{ state: string }>('SELECT state FROM outbox WHERE topic = $1 ORDER BY message_id', [topic])).map(({ state }) => state);

  /** All that a queue holds, out of it. */
  const taken = (queue: string, check: (properties: MessageProperties) => void = () => undefined) =>
    onChannel(url, async (channel) => {
      const facts: Fact[] = [];
      for (let got = await channel.get(queue, { noAck: true }); got; got = await channel.get(queue, { noAck: true })) {
        check(got.properties);
        facts.push(JSON.parse(got.content.toString()) as Fact);
      }
      return facts;
    });

  it('waits when it is a command, each with what follows it, and goes out in order when a queue takes it', async () => {
    await world.publish('thing.command', [...numbered('a', 5), ...numbered('b', 5)]);
    await until('it was tried', async () => {
      const tried = await world.rows(`SELECT FROM outbox WHERE topic = 'thing.command' AND last_error LIKE 'no queue takes thing.command%'`);
      return tried.length >= 1;
    });
    assert.deepEqual(new Set(await statesOf('thing.command')), new Set(['pending']));
    await onChannel(url, async (channel) => {
      await channel.assertQueue(inbox, { durable: true });
      await channel.bindQueue(inbox, commandsOf(world.names.exchange), 'thing.command');
    });
    await until('all are sent', async () => (await statesOf('thing.command')).every((state) => state === 'published'), 40_000);
    const arrived = await taken(inbox, ({ deliveryMode, contentType, type }) =>
      assert.deepEqual([deliveryMode, contentType, type], [2, 'application/json', 'thing.command']),
    );
    for (const id of ['a', 'b']) {
      assert.deepEqual(arrived.filter((fact) => fact.id === id).map(({ n }) => n), [0, 1, 2, 3, 4]);
    }
  });

  it('does not hold up another command, except behind it under the same key', async () => {
    const elsewhere = `${inbox}-wanted`;
    const bind = (topic: string) => onChannel(url, async (channel) => {
      await channel.assertQueue(elsewhere, { durable: true });
      await channel.bindQueue(elsewhere, commandsOf(world.names.exchange), topic);
    });
    await onChannel(url, (channel) => channel.unbindQueue(inbox, commandsOf(world.names.exchange), 'thing.command'));
    await bind('thing.wanted');
    const waiting = Array.from({ length: 3000 }, (_, n): Fact => ({ id: `many-${n}`, n: 0, quantity: 1 }));
    await world.publish('thing.command', waiting);
    await until('nobody takes the first', async () => (await world.rows(`SELECT FROM relays WHERE held AND circuit_cause LIKE 'no queue takes thing.command%'`)).length === 1);
    const step = (n: number): Fact[] => [{ id: 'both', n, quantity: 1 }];
    await world.publish('thing.wanted', step(1));
    await world.publish('thing.command', step(2));
    await world.publish('thing.wanted', step(3));
    await world.publish('thing.wanted', [{ id: 'other', n: 1, quantity: 1 }]);
    await until('what is taken is sent', async () => (await statesOf('thing.wanted')).join() === 'published,pending,published', 8000);
    await bind('thing.command');
    await until('all are sent', async () => (await statesOf('thing.command')).every((state) => state === 'published'), 40_000);
    await until('and what was behind', async () => (await statesOf('thing.wanted')).every((state) => state === 'published'));
    const arrived = await taken(elsewhere);
    await onChannel(url, (channel) => channel.deleteQueue(elsewhere));
    assert.deepEqual(arrived.filter(({ id }) => id === 'both').map(({ n }) => n), [1, 2, 3]);
    assert.equal(arrived.length, waiting.length + 4);
  });

  it('is told all the same when it is a fact, and commands that wait do not stand in its way', async () => {
    await world.publish('thing.command', numbered('waits', 1));
    await world.publish('thing.told', numbered('fact', 3));
    await until('the facts are sent', async () => (await statesOf('thing.told')).join() === 'published,published,published');
    assert.equal((await statesOf('thing.command')).at(-1), 'pending');
  });
});

describe('what no consumer takes without a broker', () => {
  it('is told, command or fact: there is nobody who ever could', async () => {
    const world = await openWorld({});
    try {
      await world.publish('thing.command', numbered('a', 1));
      await world.publish('thing.told', numbered('b', 1));
      await until('both are told', async () => {
        const rows = await world.rows<{ state: string }>('SELECT state FROM outbox');
        return rows.length === 2 && rows.every(({ state }) => state === 'published');
      });
    } finally {
      await world.close();
    }
  });
});
