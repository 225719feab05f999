import { randomBytes } from 'node:crypto';
import { findEmbedded } from '../admin/connect.ts';
import { openBroker } from './broker.ts';
import { lastUnit, lateCatalogue, paidInTime, paidTooLate, refundedInFull } from './ordering-story.ts';
import { openOrganization, type Ordering } from './ordering-stage.ts';
import { createRest } from './rest.ts';
import { endOnSignal, startService } from './service.ts';
import type { Show } from './show.ts';
import { startFakeStripe } from './stripe.ts';

/**
 * The order service's story: inventory and catalogue tell, carts fill, orders reserve and are paid. Always played
 * against a service of its own, since it needs to be Stripe.
 */
export async function playOrdering(env: NodeJS.ProcessEnv, show: Show): Promise<void> {
  const secret = `whsec_${randomBytes(16).toString('hex')}`;
  const stripe = await startFakeStripe(secret);
  const service = await startService(env, {
    STRIPE_WEBHOOK_SECRET: secret,
    STRIPE_SECRET_KEY: 'sk_test_demo',
    STRIPE_API_URL: stripe.url,
    ...(env.RABBITMQ_URL && { RABBITMQ_URL: env.RABBITMQ_URL }),
  });
  const onSignal = endOnSignal(service, show);
  try {
    await service.ready;
    const databaseUrl = await findEmbedded(service.dataDir ?? '');
    if (databaseUrl === undefined) throw new Error('the database of the service for this demo is not to be found');
    const broker = await openBroker(env.RABBITMQ_URL, databaseUrl);
    const run = randomBytes(3).toString('hex');
    const stage: Ordering = { show, rest: createRest(service.url), broker, stripe, run, url: service.url, organization: '' };
    show.line(`An online shop's orders (run ${run})\n    service  ${service.url}  (${service.origin})\n    broker   ${broker.name}`);
    await show.step('A tenant registers; the inventory and the catalogue tell what there is', () => openOrganization(stage));
    await show.step('A cart becomes an order, reserved and paid', () => paidInTime(stage));
    await show.step('The last unit', () => lastUnit(stage));
    await show.step('A payment that comes too late', () => paidTooLate(stage));
    await show.step('The money goes back', () => refundedInFull(stage));
    await show.step('The catalogue changes its mind', () => lateCatalogue(stage));
    await broker.close();
  } finally {
    await service.stop();
    await stripe.close();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
