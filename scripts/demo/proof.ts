import { openDatabase } from '../../src/kernel/database.ts';
import { announcementsIn, ledgerSums, ordersUnaccounted } from './ledger.ts';
import { isStockOf, stockOf, stockStep, type Product, type Shop, type Stage } from './stage.ts';
import { until } from './poll.ts';

/** From outside: what the hub was told about each product is one unbroken chain, and ends at what is on the shelf. */
export async function proveChain(stage: Stage, shop: Shop): Promise<void> {
  const { show } = stage;
  for (const product of [shop.bread, shop.cake, shop.pie]) {
    const kept = await stockOf(stage, shop, product);
    const chain = await until(`the hub hears of the last step of ${product.name}`, async () => {
      const told = await chainOf(stage, shop, product);
      return told.at(-1)?.nueva === kept && told;
    });
    show.out(`${product.name.padEnd(18)}${[0, ...chain.map(({ nueva }) => nueva)].join(' → ')}`);
    const unbroken = chain.every(({ anterior }, at) => anterior === (chain[at - 1]?.nueva ?? 0));
    show.check(
      `each of ${chain.length} announcements begins where the one before ended; ${kept} on the shelf`,
      unbroken,
      chain,
    );
  }
}

/** What the hub was told of a product. Publishing is at least once: what comes twice counts once. */
async function chainOf({ hub }: Stage, shop: Shop, product?: Product) {
  const events = await hub.heard(isStockOf(shop, product));
  return [...new Map(events.map((event) => [JSON.stringify(event.payload), event])).values()].map(stockStep);
}

/** From inside: the ledger adds up to the stock, the orders account for it, and everything was announced. */
export async function proveLedger(stage: Stage, shop: Shop, databaseUrl: string): Promise<void> {
  const { show } = stage;
  const announced = (await chainOf(stage, shop)).length;
  const database = openDatabase(databaseUrl, { max: 1, onError: () => undefined });
  try {
    // The hub has heard everything by now; the relay writes that down a moment later.
    await until('no announcement of stock is pending', () =>
      database.transaction('system', async (trx) => (await announcementsIn(trx, shop.tenantId, 'pending')) === 0),
    );
    await database.transaction('system', async (trx) => {
      const sums = await ledgerSums(trx, shop.tenantId);
      for (const { nombre, steps, adjusted, sold, returned, stock } of sums) {
        const moved = `${adjusted} counted in, ${-sold} sold, ${returned} given back; ${stock} in stock`;
        show.db(`${nombre.padEnd(18)}${steps} ledger steps: ${moved}`);
      }
      show.check(
        'per product: all ledger steps join, and sum to the stock',
        sums.length === 3 &&
          sums.every(
            ({ broken, adjusted, sold, returned, stock }) => broken === 0 && adjusted + sold + returned === stock,
          ),
        sums,
      );
      const unaccounted = await ordersUnaccounted(trx, shop.tenantId);
      show.check(
        'per order: the ledger took what its lines say, and gave it back when it was cancelled',
        unaccounted.length === 0,
        unaccounted,
      );
      const steps = sums.reduce((all, sum) => all + sum.steps, 0);
      const published = await announcementsIn(trx, shop.tenantId, 'published');
      show.check(
        `${steps} ledger steps, as many announcements of stock, all of them published`,
        steps === announced && steps === published,
        { steps, announced, published },
      );
    });
  } finally {
    await database.close();
  }
}

/** Whether that database is the one behind the service we play with. */
export async function holdsTenant(databaseUrl: string, { tenantId, email }: Shop): Promise<boolean> {
  const database = openDatabase(databaseUrl, { max: 1, onError: () => undefined });
  try {
    const found = await database.transaction('system', (trx) =>
      trx.rows('SELECT FROM tenants WHERE tenant_id = $1 AND email = $2', [tenantId, email]),
    );
    return found.length === 1;
  } catch {
    return false;
  } finally {
    await database.close();
  }
}
