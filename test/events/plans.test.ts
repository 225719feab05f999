import assert from 'node:assert/strict';
import pg from 'pg';
import { readInbox } from '../../src/events/inbox.ts';
import { KEY_LOOKUPS_ONLY } from '../../src/events/lane.ts';
import { keepRepeats } from '../../src/events/repeats.ts';
import type { Prepared } from '../../src/events/processor.ts';
import type { AnySubscription } from '../../src/events/registry.ts';
import type { Sql } from '../../src/kernel/database.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

interface Plan {
  'Index Name'?: string;
  'Index Cond'?: string;
  Plans?: Plan[];
}

const key = { key: 'k', topic: 't', subscriber: 's', organization: 'o' };

/** The statements that look keys up in the inbox, as text. */
const lookups: Record<string, (sql: Sql) => Promise<unknown>> = {
  readInbox: (sql) => readInbox(sql, [key]),
  keepRepeats: (sql) => {
    const delivery = { source: 'amqp', subscriber: 's', organization: 'o', receivedTopic: 't', raw: '{}', payload: {}, traceId: '' } as const;
    const event: Prepared = { delivery, payload: {}, identity: { id: 'k', key, hash: '00' } };
    return keepRepeats(sql, { topic: { name: 't' }, subscriber: 's' } as AnySubscription, [event]);
  },
};

const planned = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(planned)];

/** A connection keeps its plans, and 474 messages a second instead of 4,600 were taken with one made at the wrong moment. */
describe('a plan that was made while the inbox was known to be empty', () => {
  let cloned: TestDatabase;
  let client: pg.Client;
  before(async () => {
    cloned = await cloneDatabase();
    client = new pg.Client({ connectionString: cloned.url });
    await client.connect();
    await client.query('VACUUM (ANALYZE) inbox');
    await client.query(KEY_LOOKUPS_ONLY);
  });
  after(async () => {
    await client.end();
    await cloned.drop();
  });

  for (const [name, lookUp] of Object.entries(lookups)) {
    it(`looks each key up all the same: ${name}`, async () => {
      let statement = '';
      await lookUp({ rows: async (text: string) => ((statement = text), []) } as unknown as Sql);
      const { rows } = await client.query<{ 'QUERY PLAN': Array<{ Plan: Plan }> }>(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${statement}`);
      const scans = planned(rows[0]?.['QUERY PLAN'][0]?.Plan as Plan).filter((node) => node['Index Name'] === 'inbox_pkey');
      assert.equal(scans.length, 1);
      assert.match(scans[0]?.['Index Cond'] ?? 'reads all of it', /key = /);
    });
  }
});
