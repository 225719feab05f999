import { strict as assert } from 'node:assert';
import type { Database } from '../../src/kernel/database.ts';

/** What a sender was told, whatever the transport calls it. */
export interface Told {
  /** The event is done with: it must not be sent again (2xx, ack). */
  settled: boolean;
  success: boolean;
  code?: string;
  replay: boolean;
}

/** How the suite speaks through one transport to one subscriber. */
export interface Harness {
  database: Database;
  /** Delivers one event `times` times, all at once when `together`. */
  send(topic: string, payload: unknown, options?: { times?: number; together?: boolean }): Promise<Told[]>;
  /** A valid fact that takes `quantity` from something of which there are `stock`, identified by `id`. */
  fact(id: string, quantity: number): { topic: string; payload: unknown };
  stock: number;
  /** How many effects facts have had so far: rows that exist once per applied fact. */
  effects(): Promise<number>;
  /** Makes the handling of this fact throw until `heal` is called. */
  break(id: string): Promise<{ heal(): Promise<void> }>;
  close(): Promise<void>;
}

const becameOf = (database: Database, subject: string) =>
  database.transaction('system', (trx) =>
    trx.rows<{ outcome: string }>('SELECT outcome FROM events WHERE subject LIKE $1 ORDER BY event_id', [`%${subject}`]),
  );

/** What every transport and every subscriber has to keep. */
export function keepsTheContract(name: string, open: () => Promise<Harness>): void {
  describe(`the contract of the event core, through ${name}`, () => {
    let it_: Harness;
    before(async () => (it_ = await open()));
    after(() => it_.close());

    it('gives a redelivery the first answer again, and no second effect', async () => {
      const { topic, payload } = it_.fact('again', 1);
      const before = await it_.effects();
      const [first] = await it_.send(topic, payload);
      const [second, third] = await it_.send(topic, payload, { times: 2 });
      assert.deepEqual([first?.settled, first?.replay], [true, false]);
      for (const repeat of [second, third]) assert.deepEqual(repeat, { ...first, replay: true });
      assert.equal(await it_.effects(), before + 1);
      assert.deepEqual((await becameOf(it_.database, 'again')).map(({ outcome }) => outcome), ['done', 'repeat', 'repeat']);
    });

    it('goes on telling new from seen while a sender says all again', async () => {
      const before = await it_.effects();
      const [first, second] = [it_.fact('all-1', 1), it_.fact('all-2', 1)];
      const [answer] = await it_.send(first.topic, first.payload);
      for (let n = 0; n < 10; n += 1) {
        assert.deepEqual(await it_.send(first.topic, first.payload), [{ ...answer, replay: true }]);
      }
      const [other] = await it_.send(first.topic, it_.fact('all-1', 2).payload);
      assert.deepEqual([other?.replay, other?.code], [false, 'conflicto']);
      const [fresh] = await it_.send(second.topic, second.payload);
      assert.deepEqual([fresh?.success, fresh?.replay], [true, false]);
      assert.deepEqual(await it_.send(first.topic, first.payload), [{ ...answer, replay: true }]);
      assert.equal(await it_.effects(), before + 2);
      const outcomes = (await becameOf(it_.database, 'all-1')).map(({ outcome }) => outcome);
      assert.deepEqual(outcomes, ['done', ...Array<string>(10).fill('repeat'), 'conflict', 'repeat']);
    });

    it('has one effect of the same event twenty times at once', async () => {
      const { topic, payload } = it_.fact('at-once', 1);
      const before = await it_.effects();
      const told = await it_.send(topic, payload, { times: 20, together: true });
      assert.equal(told.filter(({ replay }) => !replay).length, 1);
      assert.ok(told.every(({ settled, success }) => settled && success));
      assert.equal(await it_.effects(), before + 1);
    });

    it('gives a redelivery of a refusal the refusal again', async () => {
      const { topic, payload } = it_.fact('refused', it_.stock + 1);
      const [first, second] = await it_.send(topic, payload, { times: 2 });
      assert.deepEqual([first?.success, first?.replay, second?.replay], [false, false, true]);
      assert.equal(second?.code, first?.code);
    });

    it('judges the same key with other content afresh when the first was refused, and keeps the first when it was accepted', async () => {
      const refused = it_.fact('twice', it_.stock + 1);
      const accepted = it_.fact('twice', 1);
      const other = it_.fact('twice', 2);
      const before = await it_.effects();
      assert.equal((await it_.send(refused.topic, refused.payload))[0]?.success, false);
      assert.equal((await it_.send(accepted.topic, accepted.payload))[0]?.success, true);
      const [conflict] = await it_.send(other.topic, other.payload);
      assert.deepEqual([conflict?.settled, conflict?.success, conflict?.code], [true, false, 'conflicto']);
      assert.equal(await it_.effects(), before + 1);
    });

    it('keeps an event whose handler throws, lets its neighbours be, and applies it when it is sent again', async () => {
      const broken = it_.fact('broken', 1);
      const before = await it_.effects();
      const { heal } = await it_.break('broken');
      const neighbours = Array.from({ length: 10 }, (_, n) => it_.fact(`neighbour-${n}`, 1));
      const [failed, ...fine] = (
        await Promise.all([broken, ...neighbours].map(({ topic, payload }) => it_.send(topic, payload)))
      ).flat();
      assert.equal(failed?.settled, false);
      assert.ok(fine.every(({ settled, success }) => settled && success));
      assert.deepEqual((await becameOf(it_.database, 'broken')).map(({ outcome }) => outcome), ['failed']);
      await heal();
      const [again] = await it_.send(broken.topic, broken.payload);
      assert.deepEqual([again?.settled, again?.success], [true, true]);
      assert.equal(await it_.effects(), before + 11);
    });

    it('keeps what is invalid and what it does not know', async () => {
      const { topic } = it_.fact('invalid', 1);
      const [invalid] = await it_.send(topic, { pedidoId: 'not-a-whole-event' });
      const [unknown] = await it_.send('constructor', { anything: 1 });
      assert.deepEqual([invalid?.settled, invalid?.success, invalid?.code], [true, false, 'contenido_invalido']);
      assert.deepEqual([unknown?.settled, unknown?.success, unknown?.code], [true, false, 'tema_desconocido']);
      const kept = await it_.database.transaction('system', (trx) =>
        trx.rows<{ outcome: string; body: string }>(`SELECT outcome, body FROM events WHERE outcome IN ('invalid', 'unknown') ORDER BY event_id`),
      );
      assert.deepEqual(kept.map(({ outcome }) => outcome), ['invalid', 'unknown']);
      assert.ok(kept[0]?.body.includes('not-a-whole-event'));
    });
  });
}
