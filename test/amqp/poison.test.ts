import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { GetMessage } from 'amqplib';
import { sharedBroker } from '../support/broker.ts';
import { until } from '../support/service.ts';
import { MAX_BODY_BYTES, onChannel, openWorld, takeFrom, type World } from './support.ts';

describe('what will never be handled', () => {
  let url: string;
  let world: World;
  before(async function () {
    url = await sharedBroker(this);
    world = await openWorld({ url });
    await until('it consumes', () => world.logged.some((line) => line.includes(`consuming ${world.names.queue}`)));
  });
  after(() => world?.close());

  const buried = () =>
    until<GetMessage | false>('the dead letter', () => takeFrom(url, `${world.names.queue}.dead`)) as Promise<GetMessage>;
  const kept = async (body: string) =>
    (await world.rows<{ outcome: string }>('SELECT outcome FROM events WHERE body = $1', [body])).map(({ outcome }) => outcome);
  const admin = async (...words: string[]): Promise<string> => {
    const env = { PATH: process.env.PATH, RABBITMQ_URL: url, DATABASE_URL: world.databaseUrl };
    const run = promisify(execFile);
    return (await run(process.execPath, ['--import', 'tsx', 'scripts/admin/main.ts', ...words], { env })).stdout;
  };
  const headersOf = ({ properties }: GetMessage) => properties.headers as Record<string, string>;

  const poison: Array<[what: string, routingKey: string, body: string, outcome: string, cause: RegExp]> = [
    ['is no JSON', 'thing.taken', '{"id": "a",', 'invalid', /el contenido no es válido/],
    ['breaks its contract', 'thing.taken', '{"id": "", "quantity": 1}', 'invalid', /id: /],
    ['has a routing key that nobody takes', 'thing.unheard-of', '{"id": "a", "quantity": 1}', 'unknown', /thing.unheard-of no se atiende/],
    ['is for nobody here', 'thing.taken', '{"id": "nobody-1", "quantity": 1}', 'refused', /no es de nadie/],
  ];
  for (const [what, routingKey, body, outcome, cause] of poison) {
    it(`that ${what} lies in the dead letters with its cause, and in the events`, async () => {
      await world.inject(routingKey, body);
      const dead = await buried();
      assert.equal(dead.content.toString(), body);
      assert.match(headersOf(dead)['x-cause'] ?? '', cause);
      assert.equal(headersOf(dead)['x-queue'], world.names.queue);
      assert.equal(headersOf(dead)['x-original-exchange'], world.names.exchange);
      assert.equal(headersOf(dead)['x-original-routing-key'], routingKey);
      assert.equal(dead.properties.deliveryMode, 2);
      assert.deepEqual(await kept(body), [outcome]);
    });
  }

  it('that is larger than MAX_BODY_BYTES, or no UTF-8, lies in the dead letters alone', async () => {
    const large = JSON.stringify({ id: 'large', quantity: 1, more: 'x'.repeat(MAX_BODY_BYTES) });
    await world.inject('thing.taken', large);
    const dead = await buried();
    assert.equal(dead.content.toString(), large);
    assert.match(headersOf(dead)['x-cause'] ?? '', /MAX_BODY_BYTES/);
    await world.inject('thing.taken', Buffer.from([0x22, 0xff, 0xfe, 0x22]));
    assert.match(headersOf(await buried())['x-cause'] ?? '', /not UTF-8/);
    assert.deepEqual(await kept(large), []);
  });

  it('does not hold up what comes behind it, and a plain refusal is no poison', async () => {
    const [{ before } = { before: 0 }] = await world.rows<{ before: number }>('SELECT count(*) AS before FROM effects');
    for (let n = 0; n < 30; n += 1) await world.inject('thing.taken', `{"broken ${n}`);
    await world.inject('thing.taken', JSON.stringify({ id: 'too-many', quantity: 1_000_000 }));
    await world.inject('thing.taken', JSON.stringify({ id: 'behind', quantity: 1 }));
    await until('the last one takes effect', async () => (await world.rows('SELECT FROM effects')).length === before + 1);
    await until('all are buried', async () => {
      const { messageCount } = await onChannel(url, (channel) => channel.checkQueue(`${world.names.queue}.dead`));
      return messageCount === 30;
    });
    await onChannel(url, (channel) => channel.purgeQueue(`${world.names.queue}.dead`));
  });

  it('can be moved back straight into its queue once it is mended, and is what it was', async () => {
    await onChannel(url, async (channel) => {
      const headers = { 'x-original-routing-key': 'thing.taken' };
      channel.sendToQueue(world.names.queue, Buffer.from('{"id": "moved-back", "quantity": 1}'), { headers });
      await channel.waitForConfirms();
    });
    await until('it takes effect', async () => (await world.rows(`SELECT FROM effects WHERE id = 'moved-back'`)).length === 1);
  });

  it('that the broker gave up itself is sent back by the operator as what it was', async () => {
    const theirs = `${world.names.exchange}-theirs`;
    await onChannel(url, async (channel) => {
      await channel.assertExchange(theirs, 'topic', { autoDelete: true });
      const limited = {
        'x-queue-type': 'quorum', 'x-delivery-limit': 1,
        'x-dead-letter-exchange': 'dead_letters', 'x-dead-letter-routing-key': `${world.names.queue}.dead`,
      };
      await channel.assertQueue(theirs, { durable: true, arguments: limited });
      await channel.bindQueue(theirs, theirs, '#');
      channel.publish(theirs, 'thing.taken', Buffer.from('{"id": "given-up", "quantity": 1}'));
      await until('it is given up', async () => {
        const got = await channel.get(theirs);
        if (got) channel.nack(got);
        return (await channel.checkQueue(`${world.names.queue}.dead`)).messageCount === 1;
      });
      await channel.deleteQueue(theirs);
    });
    assert.match(await admin('broker', 'retry', world.names.queue), /1 messages are back/);
    await until('it takes effect', async () => (await world.rows(`SELECT FROM effects WHERE id = 'given-up'`)).length === 1);
  });

  it('waits with the broker while its dead letter has no place, which is declared again', async () => {
    await onChannel(url, (channel) => channel.deleteQueue(`${world.names.queue}.dead`));
    await world.inject('thing.taken', '{"homeless');
    assert.equal((await buried()).content.toString(), '{"homeless');
  });
});
