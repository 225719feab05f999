import pg from 'pg';
import { causeOf } from './errors.ts';

/** Runs SQL. Values go as parameters; the text is a constant of the code, never built from input. */
export interface Sql {
  rows<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The only row. @throws Error when there is none. */
  one<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row>;
  maybe<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row | undefined>;
  /** How many rows the statement touched. */
  run(text: string, values?: readonly unknown[]): Promise<number>;
}

/** Who a transaction works for: one tenant, behind row-level security, or the service itself. */
export type Actor = { tenantId: number } | 'system';

export interface Database {
  pool: pg.Pool;
  /** Runs `work` in one transaction; a deadlock or serialisation failure runs it again, three times at most. */
  transaction<T>(actor: Actor, work: (trx: Sql) => Promise<T>): Promise<T>;
  /** A connection of its own, as the system role, outside the pool. The caller ends it. */
  connect(options?: pg.ClientConfig): Promise<pg.Client>;
  close(): Promise<void>;
}

const ATTEMPTS = 3;
const LOST_RACES = new Set(['40001', '40P01']); // serialization_failure, deadlock_detected

/** bigint ids and counters are safe integers here; NUMERIC stays text, it is only ever shown or summed in SQL. */
const INT8: number = pg.types.builtins.INT8;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string): unknown =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

/** @param nameOf names statements that are to be prepared once a connection, for a connection that repeats few of them. */
export function sqlOn(client: Pick<pg.ClientBase, 'query'>, nameOf: (text: string) => string | undefined = () => undefined): Sql {
  const query = <Row extends object>(text: string, values?: readonly unknown[]) =>
    client.query<Row>({ text, values: values as unknown[] | undefined, name: nameOf(text) });
  const rows = async <Row extends object>(text: string, values?: readonly unknown[]) => (await query<Row>(text, values)).rows;
  return {
    rows,
    one: async <Row extends object>(text: string, values?: readonly unknown[]) => {
      const [first] = await rows<Row>(text, values);
      if (first === undefined) throw new Error(`no row came back from: ${text.trim().slice(0, 120)}`);
      return first;
    },
    maybe: async <Row extends object>(text: string, values?: readonly unknown[]) => (await rows<Row>(text, values))[0],
    run: async (text, values) => (await query(text, values)).rowCount ?? 0,
  };
}

/** Opens the pool. Nothing is connected until the first query. */
export function openDatabase(url: string, options: { max: number; onError: (cause: string) => void }): Database {
  const base: pg.ClientConfig = {
    connectionString: url,
    types,
    application_name: 'marketplace-service',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    // Compiling a plan pays for statements of seconds; ours take milliseconds and would spend a hundred on it.
    options: '-c jit=off',
    // Statements issued together travel together; they still run one after another, in the order they were issued.
    pipeline: true,
    statement_timeout: 60_000,
    idle_in_transaction_session_timeout: 60_000,
    lock_timeout: 20_000,
  };
  const pool = new pg.Pool({ ...base, max: options.max });
  // A connection lost while idle: the pool opens another for the next query, the process lives on.
  pool.on('error', (error) => options.onError(causeOf(error)));
  // One lost while in use fails its query and nothing else: unheard, the event would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return {
    pool,
    transaction: (actor, work) => withRetries(() => inTransaction(pool, actor, work)),
    connect: async (extra) => {
      const client = new pg.Client({ ...base, ...extra });
      client.on('error', (error) => options.onError(causeOf(error)));
      await client.connect();
      await client.query('SET ROLE marketplace_system');
      return client;
    },
    close: () => pool.end(),
  };
}

async function withRetries<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 1 || !lostARace(error)) throw error;
    }
  }
}

async function inTransaction<T>(pool: pg.Pool, actor: Actor, work: (trx: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    // BEGIN travels with the first statement. Should it fail, the connection is thrown away with all that follows.
    const begun = client.query(beginAs(actor)).catch((error: Error) => {
      broken = error;
      throw error;
    });
    const [, result] = await Promise.all([begun, work(sqlOn(client))]);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    if (broken === undefined) await client.query('ROLLBACK').catch((lost: Error) => (broken = lost));
    throw error;
  } finally {
    client.release(broken); // a connection that cannot roll back is not used again
  }
}

/** Role and tenant last as long as the transaction, so a pooled connection carries nothing over. */
function beginAs(actor: Actor): string {
  if (actor === 'system') return 'BEGIN; SET LOCAL ROLE marketplace_system';
  if (!Number.isSafeInteger(actor.tenantId)) throw new Error(`not a tenant id: ${actor.tenantId}`);
  return `BEGIN; SET LOCAL ROLE marketplace_tenant; SET LOCAL app.tenant_id = '${actor.tenantId}'`;
}

/**
 * Waits for statements that were issued together. When one fails, those behind it only say that the transaction is
 * aborted: the first in the order of issue is the cause, and that is what is thrown.
 */
export async function together<const Statements extends readonly unknown[]>(
  statements: Statements,
): Promise<{ -readonly [Index in keyof Statements]: Awaited<Statements[Index]> }> {
  const results = await Promise.allSettled(statements);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [Index in keyof Statements]: Awaited<Statements[Index]>;
  };
}

/** The SQLSTATE of a database error, if it is one. */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof pg.DatabaseError ? error.code : undefined;

/** Whether a row was refused for having what another one has already. */
export const isDuplicate = (error: unknown): boolean => sqlState(error) === '23505'; // unique_violation

/** Whether the transaction met another one and may well succeed when it is done again. */
export const lostARace = (error: unknown): boolean => LOST_RACES.has(sqlState(error) ?? '');

/** Whether it will be refused for ever: data, constraint and limit errors, and whatever is no error of the database. */
export function isRefusedAsItIs(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined ? error instanceof TypeError || error instanceof RangeError : /^(22|23|54)/.test(state);
}

/** Whether the database could not be reached or went away, as against refusing the statement. */
export function isConnectionError(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return state.startsWith('08') || state.startsWith('57P');
  return error instanceof Error && /ECONN|EPIPE|terminated|Connection|connect/.test(`${(error as NodeJS.ErrnoException).code} ${error.message}`);
}
