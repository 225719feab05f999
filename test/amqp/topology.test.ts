import { strict as assert } from 'node:assert';
import { sharedBroker } from '../support/broker.ts';
import { until } from '../support/service.ts';
import { onChannel, openWorld, removeAll, uniqueNames, type World } from './support.ts';

const applied = async (world: World, topic: string) => (await world.rows('SELECT FROM effects WHERE topic = $1', [topic])).length;

describe('what is declared at the broker', () => {
  let url: string;
  before(async function () {
    url = await sharedBroker(this);
  });

  it('is what the contract says: each queue a quorum queue with its limit and its dead letters', async () => {
    const world = await openWorld({ url });
    const { exchange, queue } = world.names;
    try {
      await until('it consumes', () => world.logged.some((line) => line.includes(`consuming ${queue}`)));
      await onChannel(url, async (channel) => {
        await channel.assertExchange(exchange, 'topic', { durable: true });
        await channel.assertExchange('dead_letters', 'topic', { durable: true });
        await channel.assertQueue(queue, {
          durable: true,
          arguments: {
            'x-queue-type': 'quorum',
            'x-dead-letter-exchange': 'dead_letters',
            'x-dead-letter-routing-key': `${queue}.dead`,
            'x-delivery-limit': 20,
          },
        });
        await channel.assertQueue(`${queue}.dead`, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
      });
      // The broker's own dead letters find the same way.
      await onChannel(url, async (channel) => {
        channel.publish('dead_letters', `${queue}.dead`, Buffer.from('x'), { mandatory: true });
        await channel.waitForConfirms();
      });
      assert.equal((await onChannel(url, (channel) => channel.checkQueue(`${queue}.dead`))).messageCount, 1);
    } finally {
      await world.close();
    }
  });

  it('and a classic queue of that name: one clear message, the others go on, and it mends itself', async () => {
    const names = uniqueNames();
    await onChannel(url, (channel) => channel.assertQueue(names.queue, { durable: true }));
    const world = await openWorld({ url, conflictMs: 300 }, names);
    try {
      const [problem] = await until('it is told', () => (world.broker.state()?.problems.length ? world.broker.state()?.problems : undefined));
      assert.match(problem ?? '', new RegExp(`queue ${names.queue} .*declared in another way.*x-queue-type=quorum.*move.*delete it`));
      await world.publish('thing.taken', [{ id: 'waits', quantity: 1 }]);
      await onChannel(url, async (channel) => {
        channel.publish(names.exchange, 'other.taken', Buffer.from(JSON.stringify({ id: 'goes', quantity: 1 })));
        await channel.waitForConfirms();
      });
      await until('the other queue is consumed', async () => (await applied(world, 'other.taken')) === 1);
      const state = async () => world.rows<{ state: string; error: string }>(`SELECT state, last_error AS error FROM outbox WHERE topic = 'thing.taken'`);
      const [held] = await until('it was tried', async () => {
        const rows = await state();
        return rows[0]?.error ? rows : undefined;
      });
      assert.equal(held?.state, 'pending', 'into a queue that is not ours it must not go');
      assert.match(held?.error ?? '', /declared in another way/);
      const told = () => world.logged.filter((line) => line.includes('declared in another way')).length;
      const soon = told();
      assert.ok(soon <= 2, `consumer and publisher say it once each, not ${soon} times`);

      await onChannel(url, (channel) => channel.deleteQueue(names.queue));
      await until('it takes effect', async () => (await applied(world, 'thing.taken')) === 1, 40_000);
      await until('nothing is wrong any more', () => world.broker.state()?.problems.length === 0);
      assert.equal(told(), soon);
    } finally {
      await world.close();
    }
  });

  it('and an exchange of another type: the same', async () => {
    const names = uniqueNames();
    await onChannel(url, (channel) => channel.assertExchange(names.exchange, 'fanout', { durable: true }));
    const world = await openWorld({ url, conflictMs: 300 }, names);
    try {
      await world.publish('thing.taken', [{ id: 'waits', quantity: 1 }]);
      const problems = await until('it is told', () => (world.broker.state()?.problems.length ? world.broker.state()?.problems : undefined));
      assert.match(problems.join(), new RegExp(`exchange ${names.exchange} .*needed is a durable one of type topic`));
      await onChannel(url, (channel) => channel.deleteExchange(names.exchange));
      await until('it takes effect', async () => (await applied(world, 'thing.taken')) === 1, 40_000);
    } finally {
      await world.close();
    }
  });

  it('is declared again when somebody deletes a queue under us', async () => {
    const world = await openWorld({ url });
    try {
      await world.publish('thing.taken', [{ id: 'first', quantity: 1 }]);
      await until('it takes effect', async () => (await applied(world, 'thing.taken')) === 1);
      await onChannel(url, (channel) => channel.deleteQueue(world.names.queue));
      await world.publish('thing.taken', [{ id: 'second', quantity: 1 }]);
      await until('the next takes effect', async () => (await applied(world, 'thing.taken')) === 2);
    } finally {
      await world.close();
      await removeAll(url, world.names);
    }
  });
});
