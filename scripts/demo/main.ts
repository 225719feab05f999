/**
 * One day of a shop, played against a running service or, when none runs, against one of its own: what goes in, what
 * comes out, what is in the database, and in the end the ledger's proof. With `ordering`, the story of an online
 * shop's orders, with `checkout` that of orders without a cart. Exit code 1 when anything is not as it should be.
 */
import { randomBytes } from 'node:crypto';
import { findEmbedded } from '../admin/connect.ts';
import { cancelledEarly, deliveredEarly, strangers } from './disorder.ts';
import { playCheckout } from './checkout.ts';
import { createHub } from './hub.ts';
import { balance, monthlySales, tax } from './month.ts';
import { openShop } from './opening.ts';
import { playOrdering } from './ordering.ts';
import { duplicates, ordersInEveryDialect } from './orders.ts';
import { otherPrice, promoted, withoutStock } from './judged.ts';
import { cancelled, delivered } from './outcomes.ts';
import { holdsTenant, proveChain, proveLedger } from './proof.ts';
import { createRest } from './rest.ts';
import { endOnSignal, startService, whatIsMissing, type Service } from './service.ts';
import { createShow, type Show } from './show.ts';
import type { Shop, Stage } from './stage.ts';

/** The running service that the environment names or that stands at the default ports; else one of our own. */
async function findOrStart(env: NodeJS.ProcessEnv, show: Show): Promise<Service> {
  const url = (env.DEMO_URL || `http://localhost:${env.PORT || 3000}`).replace(/\/$/, '');
  const hubUrl = (env.DEMO_HUB_URL || `http://localhost:${env.HUB_SIMULATOR_PORT || 4000}`).replace(/\/$/, '');
  const missing = await whatIsMissing(url, hubUrl);
  if (missing === undefined) {
    return {
      url,
      hubUrl,
      dataDir: env.DATA_DIR || '.data',
      origin: 'running already',
      ready: Promise.resolve(),
      stop: () => Promise.resolve(),
    };
  }
  if (env.DEMO_URL || env.DEMO_HUB_URL) throw new Error(`the demo cannot be played there: ${missing}`);
  show.line(`${missing}: starting a service for this demo`);
  return startService(env);
}

async function playDay(stage: Stage, databaseUrl: (shop: Shop) => Promise<string | undefined>): Promise<void> {
  const { show } = stage;
  const startedAt = new Date();
  const shop = await show.step('A tenant registers, opens a branch and fills its shelves', () => openShop(stage));
  if (shop === undefined) return;
  await show.step('Orders come in, in every dialect of the hub', () => ordersInEveryDialect(stage, shop));
  await show.step('The hub repeats itself, and contradicts itself', () => duplicates(stage, shop));
  await show.step('An order at another price', () => otherPrice(stage, shop));
  await show.step('A promotion explains a lower total', () => promoted(stage, shop));
  await show.step('An order for more than there is', () => withoutStock(stage, shop));
  await show.step('An order is prepared and delivered', () => delivered(stage, shop));
  await show.step('An order is delivered before it was ready', () => deliveredEarly(stage, shop));
  await show.step('An order is cancelled', () => cancelled(stage, shop));
  await show.step('An order is cancelled before it came', () => cancelledEarly(stage, shop));
  await show.step('Strange events', () => strangers(stage));
  await show.step('The accounting module asks for the month', () => monthlySales(stage, shop, startedAt));
  await show.step('… and for its IVA and totals', () => tax(stage, shop, startedAt));
  await show.step('The tenant asks for its balance', () => balance(stage, shop));
  await show.step("The ledger's proof", async () => {
    await proveChain(stage, shop);
    const database = await databaseUrl(shop);
    if (database) await proveLedger(stage, shop, database);
    else show.line('       (the database is not within reach: proved from outside alone)');
  });
}

/** What can be played, by the word after `npm run demo --`. */
const STORIES = { day: playAtAnyService, ordering: playOrdering, checkout: playCheckout };

async function main(env: NodeJS.ProcessEnv, story = 'day'): Promise<void> {
  const play = Object.entries(STORIES).find(([name]) => name === story)?.[1];
  if (play === undefined) throw new Error(`there is no story ${story}; use ${Object.keys(STORIES).join(', ')}`);
  const show = createShow((text) => void process.stdout.write(text), process.stdout.isTTY && !env.NO_COLOR);
  await play(env, show);
  show.line(`\n${show.passed} checks passed, ${show.failed} failed`);
  if (show.failed > 0) process.exitCode = 1;
}

async function playAtAnyService(env: NodeJS.ProcessEnv, show: Show): Promise<void> {
  const service = await findOrStart(env, show);
  const onSignal = endOnSignal(service, show);
  try {
    await service.ready;
    const run = randomBytes(3).toString('hex');
    show.line(`One day of a shop (run ${run})`);
    show.line(`    service  ${service.url}  (${service.origin})`);
    show.line(`    hub      ${service.hubUrl}  (the simulator)`);
    const stage = { show, hub: createHub(service.hubUrl), rest: createRest(service.url), run };
    await playDay(stage, async (shop) => {
      const url = env.DATABASE_URL || (await findEmbedded(service.dataDir ?? ''));
      return url && (await holdsTenant(url, shop)) ? url : undefined;
    });
  } finally {
    await service.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

main(process.env, process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
