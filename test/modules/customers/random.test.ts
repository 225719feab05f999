import assert from 'node:assert/strict';
import { NO_POINTS, earn, spend, steps, takeBack, type Change, type Lot, type Points } from '../../../src/modules/customers/loyalty/rules.ts';
import { inParallel, seeded } from '../../support/sender.ts';
import { cancelled, completed, daysAgo, openCustomers, paid, sold, unproven, type Customers, type Message, type Shop } from './support.ts';

/** What a failing run prints; run it again with TEST_SEED. */
const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
const CUSTOMERS = ['ana', 'beto', 'caro'];
const ORDERS = 60;
const WIDTH = 8;

type Ask = { customer: string; path: string; body: { reference: string; points?: number; amount?: number } };
type Step = { message: Message } | { ask: Ask };

interface Plan {
  steps: Step[];
  /** By customer: what is bought and not cancelled, in cents, and what is paid. */
  kept: Map<string, number[]>;
  paidCents: Map<string, number>;
}

const pointsOf = (cents: number) => Math.floor(cents / 10_000);

/** Orders of which some are cancelled, sales, payments, and what customers want of points and credit; each several times. */
function planOf(shop: Shop, random: () => number): Plan {
  const plan: Plan = { steps: [], kept: new Map(), paidCents: new Map() };
  const add = (of: Map<string, number[]>, customer: string, cents: number) => of.set(customer, [...(of.get(customer) ?? []), cents]);
  const upTo = (most: number) => Math.floor(random() * most);
  for (let n = 0; n < ORDERS; n += 1) {
    const customer = CUSTOMERS[upTo(CUSTOMERS.length)] as string;
    const [cents, at] = [upTo(9_000_000), daysAgo(1 + upTo(300))];
    const isOrder = random() < 0.6;
    const gone = isOrder && random() < 0.4;
    const message = (isOrder ? completed : sold)(shop, `ref_${n}`, cents / 100, { customer, at });
    plan.steps.push({ message });
    if (gone) plan.steps.push({ message: cancelled(shop, `ref_${n}`, { customer, at: daysAgo(upTo(300)) }) });
    else add(plan.kept, customer, cents);
    if (random() < 0.5) plan.steps.push({ ask: { customer, path: 'points/spend', body: { reference: `spend_${n}`, points: 1 + upTo(700) } } });
    if (random() < 0.3) plan.steps.push({ ask: { customer, path: 'credit/use', body: { reference: `use_${n}`, amount: 1 + upTo(400) } } });
    if (random() < 0.3) {
      const amount = upTo(50_000);
      plan.steps.push({ message: paid(shop, `pay_${n}`, amount / 100, { customer }) });
      plan.paidCents.set(customer, (plan.paidCents.get(customer) ?? 0) + amount);
    }
  }
  const again = plan.steps.filter(() => random() < 0.3);
  plan.steps = [...plan.steps, ...again].map((step) => ({ step, at: random() })).sort((a, b) => a.at - b.at).map(({ step }) => step);
  return plan;
}

interface Entry {
  kind: string;
  reference: string;
  lot: number | null;
  points: number;
}

/** What the pure rules make of the same operations, in the order in which the ledger has them. */
function replayed(entries: readonly Entry[], kept: readonly Lot[]): Points {
  const expiries = new Map(kept.map(({ reference, source, earnedAt, expiresAt }) => [reference, { source, earnedAt, expiresAt }]));
  const operations = new Map<string, Entry[]>();
  for (const entry of entries) {
    const group = ['reversed', 'debt'].includes(entry.kind) ? 'back' : entry.kind === 'spent' ? 'spent' : 'earned';
    const name = `${group} ${entry.reference}`;
    operations.set(name, [...(operations.get(name) ?? []), entry]);
  }
  const all = [...operations].map(([name, parts]) => (points: Points): Change => {
    const { reference, points: first } = parts[0] as Entry;
    if (name.startsWith('back')) return takeBack({ source: 'order', reference })(points);
    if (name.startsWith('earned')) {
      const { source, ...when } = expiries.get(reference) as Pick<Lot, 'source' | 'earnedAt' | 'expiresAt'>;
      return earn({ source, reference, amount: first, ...when })(points);
    }
    const taken = spend(points, -parts.reduce((sum, part) => sum + part.points, 0), { kind: 'spent', reference });
    if ('available' in taken) throw new Error(`${name}: too few points in the model`);
    return taken;
  });
  return steps(NO_POINTS, ...all).next;
}

describe(`customers, by random events that are shuffled, repeated and at once (seed ${SEED})`, () => {
  let it_: Customers;
  let shop: Shop;
  let plan: Plan;
  /** What was done of what was asked for, by customer; each reference once. */
  const done = new Map<string, { points: number; cents: number }>();

  before(async function () {
    this.timeout(120_000);
    it_ = await openCustomers();
    shop = await it_.openShop();
    for (const customer of CUSTOMERS) {
      await it_.call(shop, 'put', `/${customer}`, {});
      assert.equal((await it_.call(shop, 'put', `/${customer}/credit/limit`, { limit: 1000 })).status, 200);
      done.set(customer, { points: 0, cents: 0 });
    }
    plan = planOf(shop, seeded(SEED));
    await inParallel(plan.steps, WIDTH, async (step) => {
      if ('message' in step) {
        const { state } = await it_.tell(step.message);
        assert.ok(['done', 'repeat', 'warned'].includes(state), `${step.message.event}: ${state}`);
        return;
      }
      const { customer, path, body } = step.ask;
      const { status } = await it_.call(shop, 'post', `/${customer}/${path}`, body);
      assert.ok([200, 201, 409].includes(status), `${path}: ${status}`);
      const sum = done.get(customer) as { points: number; cents: number };
      if (status === 201) Object.assign(sum, { points: sum.points + (body.points ?? 0), cents: sum.cents + (body.amount ?? 0) * 100 });
    });
  });
  after(() => it_.close());

  it('every balance is the sum of its movements', async () => assert.deepEqual(await unproven(it_), []));

  for (const customer of CUSTOMERS) {
    it(`${customer} has what was bought and not cancelled, less what was spent`, async () => {
      const { statistics, points, credit } = (await it_.call(shop, 'get', `/${customer}`)).body;
      const kept = plan.kept.get(customer) ?? [];
      const cents = kept.reduce((sum, one) => sum + one, 0);
      const used = done.get(customer) as { points: number; cents: number };
      assert.deepEqual([statistics.purchases, Math.round(statistics.spent * 100)], [kept.length, cents]);
      const earned = kept.reduce((sum, one) => sum + pointsOf(one), 0);
      assert.deepEqual([points.earned, points.available - points.debt], [earned, earned - used.points]);
      assert.ok(points.available === 0 || points.debt === 0);
      assert.equal(Math.round((credit.used - credit.favour) * 100), used.cents - (plan.paidCents.get(customer) ?? 0));
    });

    it(`${customer}'s lots are those of the rules, played in the ledger's order`, async () => {
      const entries = await it_.rows<Entry>(
        `SELECT kind, reference, lot, points FROM customers_point_movements WHERE customer_id = $1 ORDER BY sequence`, [customer],
      );
      const lots = await it_.rows<Lot>(
        `SELECT lot, source, reference, earned, remaining, used, expired, reversed, earned_at AS "earnedAt", expires_at AS "expiresAt"
         FROM customers_point_lots WHERE customer_id = $1 ORDER BY lot`,
        [customer],
      );
      const model = replayed(entries, lots);
      assert.equal(model.sequence, entries.length);
      assert.deepEqual([...model.lots].sort((a, b) => a.lot - b.lot), lots);
    });
  }
});
