import { TransformStream } from 'node:stream/web';
import { bulkhead, BulkheadRejectedError } from 'cockatiel';
import type { Database } from '../../../kernel/database.ts';
import { AppError } from '../../../kernel/errors.ts';
import { inTime } from '../../../kernel/in-time.ts';

const ROWS_A_PAGE = 500;
/** Each holds a connection of the pool for as long as its reader takes, so there are few. */
const AT_ONCE = 3;
const WAITING = 30;
const LONGEST_MS = 5 * 60_000;
/** For one page: a reader that stopped reading and stayed would keep its place from all others. */
const PATIENCE_MS = 30_000;

/** Reads a tenant's rows page by page, of one snapshot, one page ahead of whoever takes them. */
export type ReadPages = <Row extends object>(
  tenantId: number,
  text: string,
  values: readonly unknown[],
) => AsyncIterable<Row[]>;

/** @throws AppError 503 when too many wait already. */
export function createPageReader(database: Database, patienceMs = PATIENCE_MS): ReadPages {
  const slots = bulkhead(AT_ONCE, WAITING);
  return async function* readPages<Row extends object>(tenantId: number, text: string, values: readonly unknown[]) {
    const { readable, writable } = new TransformStream<Row[], Row[]>();
    const writer = writable.getWriter();
    let begun = false;
    const read = () =>
      database.transaction({ tenantId }, async (trx) => {
        if (begun) throw new Error('a report that was cut off cannot begin again: its first pages are out');
        begun = true;
        const deadline = Date.now() + LONGEST_MS;
        await trx.run(`DECLARE report NO SCROLL CURSOR FOR ${text}`, values);
        for (;;) {
          const rows = await trx.rows<Row>(`FETCH ${ROWS_A_PAGE} FROM report`);
          if (rows.length === 0) return;
          if (Date.now() > deadline) throw new Error('a report was read too slowly');
          // Waits for the reader; rejects when there is none any more.
          await inTime(writer.write(rows), patienceMs, 'the reader of a report');
        }
      });
    const reading = slots.execute(read).then(
      () => writer.close(),
      (error: unknown) => writer.abort(error instanceof BulkheadRejectedError ? tooMany() : error),
    );
    try {
      yield* readable;
    } finally {
      await reading.catch(() => undefined); // a reader that left is not an error
    }
  };
}

const tooMany = () => new AppError(503, 'busy', 'Hay muchos reportes en curso; volvé a intentarlo en un momento.');
