import amqp from 'amqplib';
import { serveParent } from './child.ts';
import { PREFETCH, steadyRate } from './steady-rate.ts';

/** Takes a queue and does nothing with it but acknowledge each message: what the broker and its client alone can do. */
export interface BareJob {
  url: string;
  queue: string;
  count: number;
}

serveParent<BareJob, number>('', async ({ url, queue, count }) => {
  const connection = await amqp.connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.prefetch(PREFETCH);
  const times: number[] = [];
  await new Promise<void>((resolve, reject) => {
    channel.on('error', reject);
    void channel.consume(queue, (message) => {
      if (message === null) return reject(new Error(`${queue} is gone`));
      channel.ack(message);
      times.push(performance.now());
      if (times.length === count) resolve();
    });
  });
  await connection.close();
  return steadyRate(times);
});
