import { AppError } from '../kernel/errors.ts';
import type { Database, Sql } from '../kernel/database.ts';
import type { Notifications } from '../kernel/notifications.ts';

const REPLIES_CHANNEL = 'replies';

/** A request as it stands in Postgres, where any instance may find it. */
export interface PendingRequest {
  traceId: string;
  tenantId: number;
  subject: string;
  answered: boolean;
  expired: boolean;
}

export interface Replies {
  /**
   * Waits for the answer to a request that was written with `openRequest`. Call it before that transaction commits:
   * an answer may arrive at any instance right after.
   * @throws AppError 504 when none comes in time.
   */
  expect<Answer>(traceId: string, timeoutMs: number): Promise<Answer>;
  /** Stops waiting, e.g. when the request could not be written. */
  forget(traceId: string): void;
  /** The process stops: everyone who waits is told so, and whoever comes later too. */
  close(): void;
}

/**
 * The asking side: a pending promise in the process that asked, told by NOTIFY that the row has its answer. After a
 * lost connection every pending row is looked at again, so a notice that was missed is not an answer that was missed.
 */
export function createReplies(database: Database, notifications: Notifications): Replies {
  const pending = new Map<string, { resolve: (answer: unknown) => void; reject: (error: AppError) => void; timer: NodeJS.Timeout }>();
  let closed = false;

  const take = (traceId: string) => {
    const waiting = pending.get(traceId);
    clearTimeout(waiting?.timer);
    pending.delete(traceId);
    return waiting;
  };

  const look = async (traceIds: readonly string[]) => {
    if (traceIds.length === 0) return;
    const rows = await database.transaction('system', (trx) =>
      trx.rows<{ traceId: string; answer: unknown }>(
        `SELECT trace_id AS "traceId", answer FROM pending_requests WHERE trace_id = ANY($1::uuid[]) AND answered_at IS NOT NULL`,
        [traceIds],
      ),
    );
    for (const { traceId, answer } of rows) take(traceId)?.resolve(answer);
  };
  // Many answers come together: they are read together.
  const noticed: string[] = [];
  const lookSoon = (traceId: string) => {
    if (noticed.push(traceId) > 1) return;
    setImmediate(() => void look(noticed.splice(0)).catch(() => undefined)); // the final look below finds what this missed
  };
  notifications.on(REPLIES_CHANNEL, (traceId) => {
    if (traceId === undefined) [...pending.keys()].forEach(lookSoon);
    else if (pending.has(traceId)) lookSoon(traceId);
  });

  /** The time is up: one last look, then the asker is told. */
  const giveUp = (traceId: string) =>
    look([traceId])
      .catch(() => undefined) // the database is away: the time is up all the same
      .then(() => take(traceId)?.reject(new AppError(504, 'timeout', 'No hubo respuesta a tiempo; volvé a intentarlo en unos minutos.')));

  return {
    expect: <Answer>(traceId: string, timeoutMs: number) =>
      new Promise<Answer>((resolve, reject) => {
        if (closed) return reject(stopping());
        const timer = setTimeout(() => void giveUp(traceId), timeoutMs);
        pending.set(traceId, { resolve: resolve as (answer: unknown) => void, reject, timer });
      }),
    forget: (traceId) => void take(traceId),
    close() {
      closed = true;
      for (const traceId of [...pending.keys()]) take(traceId)?.reject(stopping());
    },
  };
}

const stopping = () => new AppError(503, 'stopping', 'El servicio se está reiniciando; volvé a intentarlo enseguida.');

/** Writes the request down, in the transaction that publishes it. */
export async function openRequest(
  trx: Sql, request: { traceId: string; tenantId: number; topic: string; subject: string; expiresAt: Date },
): Promise<void> {
  await trx.run(
    'INSERT INTO pending_requests (trace_id, tenant_id, topic, subject, expires_at) VALUES ($1, $2, $3, $4, $5)',
    [request.traceId, request.tenantId, request.topic, request.subject, request.expiresAt],
  );
}

const COLUMNS = `trace_id AS "traceId", tenant_id AS "tenantId", subject, answered_at IS NOT NULL AS answered,
  expires_at <= now() AS expired`;

export const findRequest = (trx: Sql, traceId: string): Promise<PendingRequest | undefined> =>
  trx.maybe<PendingRequest>(`SELECT ${COLUMNS} FROM pending_requests WHERE trace_id = $1 FOR UPDATE`, [traceId]);

/** The requests about this subject that still wait for an answer. */
export const openRequestsAbout = (trx: Sql, topic: string, subject: string): Promise<PendingRequest[]> =>
  trx.rows<PendingRequest>(
    `SELECT ${COLUMNS} FROM pending_requests
     WHERE topic = $1 AND subject = $2 AND answered_at IS NULL AND expires_at > now() ORDER BY asked_at FOR UPDATE`,
    [topic, subject],
  );

/** Writes the answer into the request's row and tells whoever waits, at COMMIT. */
export async function answerRequest(trx: Sql, traceId: string, answer: unknown): Promise<void> {
  await trx.run('UPDATE pending_requests SET answer = $2, answered_at = now() WHERE trace_id = $1', [traceId, JSON.stringify(answer)]);
  await trx.rows('SELECT pg_notify($1, $2)', [REPLIES_CHANNEL, traceId]);
}
