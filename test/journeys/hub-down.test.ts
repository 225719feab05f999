import { strict as assert } from 'node:assert';
import type { Faults } from '../../scripts/hub-simulator/index.ts';
import { outboxDrained, proveNothingLostOrDoubled } from '../support/invariants.ts';
import { isTaken, loadOf, seeded, sendAll, type Answered } from '../support/sender.ts';
import { startTestService, until, type TestService } from '../support/service.ts';
import { openShop, type Shop } from '../support/shop.ts';

/** A minute in all with TEST_LONG. */
const SECONDS = process.env.TEST_LONG ? 60 : 8;
const WAVE = 30;

const PHASES: Array<[string, Partial<Faults>]> = [
  ['down', { dropConnection: true, loginStatus: 0 }],
  ['answering 503', { status: 503, loginStatus: 503 }],
  ['answering 429 with Retry-After', { status: 429, retryAfterSeconds: 1 }],
  ['forgetting tokens', { forgetTokens: true, statuses: [{ status: 503, share: 0.3 }] }],
];

describe(`the hub away for ${SECONDS} s under load: ${PHASES.map(([name]) => name).join(', ')}`, () => {
  let service: TestService;
  let shop: Shop;
  const answers: Answered[] = [];

  before(async () => {
    service = await startTestService();
    shop = await openShop(service.database, { productos: 5, stock: 100_000, preparacion: 'automatica' });
  });
  after(() => service.close());

  for (const [index, [name, faults]] of PHASES.entries()) {
    it(`no callback fails while it is ${name}`, async function () {
      this.timeout((SECONDS / PHASES.length) * 1000 + 30_000);
      const over = Date.now() + (SECONDS * 1000) / PHASES.length;
      for (let wave = 0; Date.now() < over; wave += 1) {
        const nextWave = Date.now() + 250;
        service.hub.faults(faults);
        const told = await sendAll(service.hub, loadOf(shop, WAVE, `down-${index}-${wave}`, seeded(index * 1000 + wave)));
        answers.push(...told);
        assert.deepEqual(told.filter((answered) => !isTaken(answered)).map(({ event, result: { status, body, ms } }) => ({ event, status, body, ms })), []);
        await until('the next wave is due', () => Date.now() >= nextWave);
      }
    });
  }

  it('afterwards everything arrives, in order per key (improvement 26)', async function () {
    this.timeout(120_000);
    service.hub.faults({});
    await outboxDrained(service.database, 60_000);
    await proveNothingLostOrDoubled({ ...service, shop, answers });
  });
});
