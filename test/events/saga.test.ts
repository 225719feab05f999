import assert from 'node:assert/strict';
import { createCommands, type Commands } from '../../src/events/commands.ts';
import { noProbe } from '../../src/events/probe.ts';
import { createRegistry } from '../../src/events/registry.ts';
import { createSaga, TIMEOUT, type Act, type Saga } from '../../src/events/saga.ts';
import type { Happening } from '../../src/events/saga-rules.ts';
import { openDatabase, type Database } from '../../src/kernel/database.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

const AT_ONCE = 8;
const DEADLINE_MS = 60_000;
const done = (step: string): Happening => ({ kind: 'done', step });

/** What the acts do is a row in the transaction, so that what was rolled back is not in it. */
const writes = (what: string): Act<object> => async ({ trx }, { id }) => {
  await trx.run('INSERT INTO test_acts (saga_id, act) VALUES ($1, $2)', [id, what]);
};

describe('a saga in Postgres', () => {
  let own: TestDatabase;
  let database: Database;
  let commands: Commands;
  let now = new Date('2026-11-29T12:00:00Z');
  const log = createLogger('error');
  const clock = () => now;

  const saga: Saga<object> = createSaga({
    name: 'test',
    deadlineMs: DEADLINE_MS,
    subject: (id) => `test:${id}`,
    steps: {
      user: { do: writes('ask user') },
      stock: { do: writes('ask stock'), undo: writes('give stock back') },
      payment: { after: ['user', 'stock'], do: writes('charge'), undo: writes('refund') },
    },
    completed: writes('completed'),
    failed: writes('failed'),
  });
  const advance = (id: string, happening: Happening, data?: object) =>
    commands.run('system', (work) => saga.advance(work, id, happening, data), { subject: `test:${id}` });
  const acts = (id: string) =>
    database
      .transaction('system', (trx) => trx.rows<{ act: string }>('SELECT act FROM test_acts WHERE saga_id = $1 ORDER BY act_id', [id]))
      .then((rows) => rows.map(({ act }) => act));
  const kept = (id: string) =>
    database.transaction('system', (trx) =>
      trx.one<{ status: string; reason: string | null; data: object }>(`SELECT status, reason, data FROM sagas WHERE saga_id = $1`, [id]),
    );

  before(async () => {
    own = await cloneDatabase();
    database = openDatabase(own.url, { max: 10, onError: () => undefined });
    await database.pool.query(`CREATE TABLE test_acts (act_id bigserial, saga_id text, act text);
      GRANT ALL ON test_acts TO marketplace_system; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO marketplace_system`);
    const registry = createRegistry();
    registry.seal();
    commands = createCommands(database, { registry, log, probe: noProbe, clock, parkTtlMs: 1000 });
  });
  after(async () => {
    await database.close();
    await own.drop();
  });

  it('is begun once, however often it is asked for at the same time', async () => {
    const start = () => commands.run('system', (work) => saga.start(work, 'begun', { n: 1 }), { subject: 'test:begun' });
    const fresh = await Promise.all(Array.from({ length: AT_ONCE }, start));
    assert.equal(fresh.filter(Boolean).length, 1);
    assert.deepEqual(await acts('begun'), ['ask user', 'ask stock']);
  });

  it('does each step once, of answers that come repeatedly and at the same time, before it was begun', async () => {
    const answers = Array.from({ length: AT_ONCE }, (_, n) => done(n % 2 ? 'user' : 'stock'));
    await Promise.all(answers.map((one, n) => advance('joined', one, n % 2 ? { user: 'U1' } : { shelf: 'wh_1' })));
    assert.deepEqual(await acts('joined'), ['charge']);
    await Promise.all([advance('joined', done('payment')), advance('joined', done('payment'))]);
    assert.deepEqual(await acts('joined'), ['charge', 'completed']);
    assert.deepEqual(await kept('joined'), { status: 'completed', reason: null, data: { user: 'U1', shelf: 'wh_1' } });
  });

  it('takes nothing of what is rolled back', async () => {
    const failing = commands.run('system', async (work) => {
      await saga.advance(work, 'rolled', done('stock'));
      throw new Error('no');
    });
    await assert.rejects(failing, /no/);
    await advance('rolled', { kind: 'refused', step: 'user', reason: 'unknown_user' });
    assert.deepEqual(await acts('rolled'), ['failed']);
  });

  it('undoes what was done when its time is up, once, whoever looks', async () => {
    await advance('late', done('stock'));
    now = new Date(now.getTime() + DEADLINE_MS - 1);
    await saga.expire({ database, commands, clock, log });
    assert.deepEqual(await acts('late'), []);
    now = new Date(now.getTime() + 1);
    await Promise.all(Array.from({ length: 3 }, () => saga.expire({ database, commands, clock, log })));
    assert.deepEqual(await acts('late'), ['give stock back', 'failed']);
    const { status, reason } = await kept('late');
    assert.deepEqual([status, reason], ['failed', TIMEOUT]);
    await advance('late', done('user')); // too late, and nothing to undo
    assert.deepEqual(await acts('late'), ['give stock back', 'failed']);
  });

  it('fails at its deadline when what is done by then is not all', async () => {
    const looking = createSaga<object>({
      name: 'looking', deadlineMs: DEADLINE_MS, subject: (id) => `test:${id}`,
      steps: { user: {}, payment: { undo: writes('refund') } },
      overdue: () => Promise.resolve(done('payment')),
      completed: writes('completed'), failed: writes('failed'),
    });
    const hear = (id: string) => commands.run('system', (work) => looking.advance(work, id, done('user')), { subject: `test:${id}` });
    await hear('paid');
    await commands.run('system', (work) => looking.start(work, 'half', {}), { subject: 'test:half' });
    now = new Date(now.getTime() + DEADLINE_MS);
    assert.equal(await looking.expire({ database, commands, clock, log }), 2);
    assert.deepEqual([await acts('paid'), await acts('half')], [['completed'], ['refund', 'failed']]);
    assert.equal(await looking.expire({ database, commands, clock, log }), 0);
  });

  it('refuses a step that it has not', async () => {
    await assert.rejects(advance('odd', done('toString')), /has no step toString/);
  });
});
