import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { createBatcher, takeBatch, type Batchable } from './batcher.ts';

interface Item extends Batchable {
  n: number;
}

const rows = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 3 });
const identity = fc.option(fc.record({ id: fc.constantFrom('x', 'y'), hash: fc.constantFrom('1', '2') }), { nil: undefined });
/** Equal ids are the same fact and share their subject's row, as in the dispatcher. */
const items = fc.array(fc.record({ touches: rows, identity, kind: fc.constantFrom('u', 'v') }), { maxLength: 30 }).map((all) =>
  all.map((item, n): Item => ({ ...item, touches: item.identity ? [...item.touches, `fact ${item.identity.id}`] : item.touches, n })),
);
const busyRows = rows.map((names) => new Set<string>(names));

const numbers = (list: readonly Item[]) => list.map(({ n }) => n);
/** For each row, the items that touch it, in the order of the list. */
const byRow = (list: readonly Item[]) => {
  const found = new Map<string, number[]>();
  for (const { touches, n } of list) for (const row of touches) found.set(row, [...(found.get(row) ?? []), n]);
  return found;
};

describe('takeBatch', () => {
  const max = fc.integer({ min: 1, max: 10 });

  it('loses nothing and takes nothing twice', () => {
    fc.assert(fc.property(items, busyRows, max, (queue, busy, most) => {
      const { batch, rest } = takeBatch(queue, busy, most);
      assert.deepEqual(numbers([...batch, ...rest]).sort((a, b) => a - b), numbers(queue));
      assert.ok(batch.length <= most);
    }));
  });

  it('takes nothing whose rows are busy', () => {
    fc.assert(fc.property(items, busyRows, max, (queue, busy, most) => {
      assert.ok(takeBatch(queue, busy, most).batch.every(({ touches }) => touches.every((row) => !busy.has(row))));
    }));
  });

  it('keeps the order of each row', () => {
    fc.assert(fc.property(items, busyRows, max, (queue, busy, most) => {
      const { batch, rest } = takeBatch(queue, busy, most);
      assert.deepEqual(byRow([...batch, ...rest]), byRow(queue));
    }));
  });

  it('holds one kind', () => {
    fc.assert(fc.property(items, busyRows, max, (queue, busy, most) => {
      assert.ok(new Set(takeBatch(queue, busy, most).batch.map(({ kind }) => kind)).size <= 1);
    }));
  });

  it('lets a fact stand beside itself only with the same content', () => {
    fc.assert(fc.property(items, busyRows, max, (queue, busy, most) => {
      const contents = new Map<string, string>();
      for (const { identity: fact } of takeBatch(queue, busy, most).batch) {
        if (fact === undefined) continue;
        assert.equal(fact.hash, contents.get(fact.id) ?? fact.hash);
        contents.set(fact.id, fact.hash);
      }
    }));
  });

  it('takes something when nothing is busy', () => {
    fc.assert(fc.property(items.filter(({ length }) => length > 0), max, (queue, most) => {
      assert.ok(takeBatch(queue, new Set(), most).batch.length > 0);
    }));
  });
});

describe('createBatcher', () => {
  it('runs everything once, never two batches on one row, each row in the order of arrival', async () => {
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 }), fc.scheduler(), async (all, lanes, max, scheduler) => {
        const ran: Item[] = [];
        const busy = new Map<number, Set<string>>();
        const batcher = createBatcher<Item>({
          lanes,
          max,
          async run(batch, lane) {
            assert.ok(!busy.has(lane), 'one batch a lane');
            const mine = new Set(batch.flatMap(({ touches }) => touches));
            for (const others of busy.values()) assert.ok(![...mine].some((row) => others.has(row)), 'two batches share a row');
            busy.set(lane, mine);
            ran.push(...batch);
            await scheduler.schedule(Promise.resolve());
            busy.delete(lane);
          },
        });
        for (const item of all) batcher.push(item);
        await scheduler.waitFor(batcher.idle());
        assert.deepEqual(numbers(ran).sort((a, b) => a - b), numbers(all));
        const arrived = byRow(all);
        for (const [row, order] of byRow(ran)) assert.deepEqual(order, arrived.get(row), `row ${row}`);
      }),
    );
  });
});

describe('a sender that has only so many on the way', () => {
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  /** Pushes the first three, which leave together, and then what is given: each group in a turn of its own. */
  const pushed = async (gatherMs: number, moreToCome: () => boolean, ...groups: number[]) => {
    const sizes: number[] = [];
    const batcher = createBatcher<Item>({ lanes: 1, max: 100, gatherMs, run: async (batch) => void sizes.push(batch.length) });
    for (const group of [3, ...groups]) {
      for (let n = 0; n < group; n += 1) batcher.push({ n, touches: [], moreToCome });
      await turn();
      await turn();
    }
    return { batcher, sizes };
  };

  const batchesOf = async (...given: Parameters<typeof pushed>): Promise<number[]> => {
    const { batcher, sizes } = await pushed(...given);
    await batcher.idle();
    return sizes;
  };

  it('gets its pieces gathered to as many as the last batch held', async () => {
    assert.deepEqual(await batchesOf(60_000, () => true, 1, 2, 2, 1), [3, 3, 3]);
  });

  it('leaves at once when it has to hurry', async () => {
    const { batcher, sizes } = await pushed(60_000, () => true, 1);
    assert.deepEqual(sizes, [3]);
    batcher.hurry();
    assert.deepEqual(sizes, [3, 1]);
    await batcher.idle();
  });

  it('does not wait in vain for long', async () => {
    assert.deepEqual(await batchesOf(1, () => true, 1), [3, 1]);
  });

  it('is not waited for when it can have no more on the way', async () => {
    assert.deepEqual(await batchesOf(60_000, () => false, 1, 2), [3, 1, 2]);
  });
});
