import { strict as assert } from 'node:assert';
import { setImmediate as turn } from 'node:timers/promises';
import { createLink, type Link } from '../../src/amqp/connection.ts';
import { createConsumer } from '../../src/amqp/consumer.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { sharedBroker } from '../support/broker.ts';
import { until } from '../support/service.ts';
import { openProxy, type Proxy } from './proxy.ts';
import { onChannel, removeAll, uniqueNames } from './support.ts';

const ENDING_MS = 5000;

/** An error that nobody hears fails the test that runs, as it would end the process. */
describe('ending in the middle of something', () => {
  let url: string;
  let proxy: Proxy;
  let link: Link;
  const names = uniqueNames();
  const queue = { name: names.queue, exchange: names.exchange, subscriber: 'things', routingKeys: ['thing.taken'] };
  const log = createLogger('error');
  log.silent = process.env.TEST_LOG === undefined;

  before(async function () {
    url = await sharedBroker(this);
  });
  beforeEach(async () => {
    proxy = await openProxy(url);
    link = createLink({ url: proxy.url, name: 'ending', log });
  });
  afterEach(async () => {
    await link.close();
    await proxy.close();
  });
  after(() => url && removeAll(url, names));

  const inSeconds = async (work: () => Promise<void>) => {
    const begun = performance.now();
    await work();
    const took = performance.now() - begun;
    assert.ok(took < ENDING_MS, `it took ${Math.round(took)} ms`);
  };

  it('of connecting leaves no connection behind and hurts nobody', async () => {
    link.start();
    await until('it is connecting', () => proxy.open() === 1);
    await link.close();
    await until('it is cut', () => proxy.open() === 0);
    await turn();
  });

  it('of handling, with a broker that fell silent, acknowledges nothing afterwards', async () => {
    const inHand: Array<() => void> = [];
    let settled = 0;
    const settle = () =>
      new Promise<boolean>((resolve) => inHand.push(() => resolve(true))).finally(() => (settled += 1));
    const consumer = createConsumer({ link, queue, settle, log });
    link.start();
    consumer.start();
    await until('its queue is there', () => onChannel(url, (channel) => channel.checkQueue(queue.name)).catch(() => undefined));
    await onChannel(url, async (channel) => {
      channel.publish(queue.exchange, 'thing.taken', Buffer.from('{}'));
      await channel.waitForConfirms();
    });
    await until('it is in hand', () => inHand.length === 1);
    proxy.freeze();
    await inSeconds(async () => {
      const stopped = consumer.stop();
      // It gets done while the goodbye to the broker waits for an answer in vain.
      setTimeout(() => inHand[0]?.(), 1500);
      await stopped;
    });
    await until('it is done', () => settled === 1);
    await turn();
    await link.close();
    await until('it waits with the broker still', async () => {
      const { messageCount } = await onChannel(url, (channel) => channel.checkQueue(queue.name));
      return messageCount === 1;
    });
  });

  it('of declaring, with a broker that fell silent, takes seconds', async () => {
    let declaring = false;
    const frozenNow = async (patienceMs: number) => {
      const channel = await link.channel(patienceMs);
      proxy.freeze();
      declaring = true;
      return channel;
    };
    const consumer = createConsumer({ link: { ...link, channel: frozenNow }, queue, settle: async () => true, log });
    link.start();
    consumer.start();
    await until('it declares', () => declaring);
    await turn();
    await inSeconds(async () => {
      await consumer.stop();
      await link.close();
    });
  });
});
