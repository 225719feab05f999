import assert from 'node:assert/strict';
import fc from 'fast-check';
import { textArray } from '../../src/kernel/binary-array.ts';
import { openDatabase, type Database } from '../../src/kernel/database.ts';
import { isStorable } from '../../src/kernel/wire.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';

describe('a list of text in the binary format', () => {
  let cloned: TestDatabase;
  let database: Database;
  before(async () => {
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 1, onError: () => undefined });
  });
  after(async () => {
    await database.close();
    await cloned.drop();
  });

  it('arrives as it was, whatever it holds', async () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }).filter(isStorable), fc.constantFrom('', 'NULL', '{}', '"', '\\', 'ñandú 🦤'));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text)), async (list) => {
        const { rows } = await database.pool.query<{ list: Array<string | null> }>('SELECT $1::text[] AS list', [textArray(list)]);
        assert.deepEqual(rows[0]?.list, list);
      }),
    );
  });
});
