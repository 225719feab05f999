import { startScratchRabbitmq, type ScratchRabbitmq } from '../../scripts/scratch-rabbitmq.ts';

export type PrivateBroker = ScratchRabbitmq;

const START_MS = 120_000;

/** A node of one's own, to be killed. Call it in `before`: where RabbitMQ is not installed the tests are pending. */
export async function startPrivateBroker(context: Mocha.Context): Promise<PrivateBroker> {
  context.timeout(START_MS);
  return (await startScratchRabbitmq()) ?? leaveOut(context);
}

function leaveOut(context: Mocha.Context): never {
  console.log('no RabbitMQ found: its tests are left out; set RABBITMQ_URL, or `apt-get install rabbitmq-server`');
  return context.skip(); // which CI counts as failed (support/reporter.ts)
}

let shared: PrivateBroker | undefined;

/** The broker of the whole run: RABBITMQ_URL's, or a private one from the first file that asks to the end. */
export async function sharedBroker(context: Mocha.Context): Promise<string> {
  if (process.env.RABBITMQ_URL) return process.env.RABBITMQ_URL;
  shared ??= await startPrivateBroker(context);
  return shared.url;
}

after('the broker of the run', async function () {
  this.timeout(20_000);
  await shared?.stop();
});
