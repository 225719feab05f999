import { causeOf } from '../kernel/errors.ts';
import type { Database, Sql } from '../kernel/database.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Commands } from './commands.ts';
import { decideSaga, opened, type Happening, type Plan, type SagaEffect, type SagaState, type SagaStatus, type StepState } from './saga-rules.ts';
import { StaleRead, type Work } from './work.ts';

/** A saga as its acts see it. */
export interface SagaView<Data> {
  id: string;
  data: Data;
  /** Why it failed; null otherwise. */
  reason: string | null;
}

/**
 * Part of the transaction that caused it: it publishes and writes, and calls nobody. What it returns is taken at once,
 * as if it had been heard: a step that needs nobody else is done, or refused, where it stands.
 */
export type Act<Data> = (work: Work, saga: SagaView<Data>) => Promise<Happening | void> | Happening | void;

export interface SagaStep<Data> {
  /** The steps that have to be done before; none: it is asked for at the start. */
  after?: readonly string[];
  do?: Act<Data>;
  /** Takes back what `do` brought about; nothing to take back: left out. */
  undo?: Act<Data>;
}

/** One value says all of a saga: its steps in order, what undoes each, what is said at its end, and when it is given up. */
export interface SagaDefinition<Data> {
  name: string;
  /** Milliseconds from its first event until it fails with `timeout`. */
  deadlineMs: number;
  /** By which subject its events are locked (`orden:<id>`), so that its deadline comes in turn with them. */
  subject: (id: string) => string;
  steps: Readonly<Record<string, SagaStep<Data>>>;
  completed?: Act<Data>;
  failed?: Act<Data>;
  /** Looks once more at its deadline: what it waited for may be so by now. What is not completed by that, fails. */
  overdue?: (work: Work, saga: SagaView<Data>) => Promise<Happening>;
}

/** A saga as it is shown. */
export interface SagaStanding<Data> extends SagaView<Data> {
  state: SagaState;
  deadline: Date;
  createdAt: Date;
  updatedAt: Date;
}

export interface Saga<Data> {
  readonly name: string;
  /** Begins it with its first steps; one that is known already is left as it is. @returns whether it was new. */
  start(work: Work, id: string, data: Data): Promise<boolean>;
  /**
   * Takes what was heard of it under the lock of its subject. An event may come before anything else is known of the
   * saga: it is begun then, with its first steps asked for by others.
   * @param data what the event adds to what is known.
   */
  advance(work: Work, id: string, happening: Happening, data?: Partial<Data>): Promise<SagaState>;
  /** As it stands; undefined when nothing was heard of it. Nothing is locked. */
  find(trx: Sql, id: string): Promise<SagaStanding<Data> | undefined>;
  /** Fails those whose time is up, each in a transaction of its own. @returns how many. */
  expire(deps: { database: Database; commands: Commands; clock: () => Date; log: Logger }): Promise<number>;
}

export const TIMEOUT = 'timeout';
const DUE_AT_ONCE = 100;

interface Kept<Data> {
  state: SagaState;
  data: Data;
  version: number;
}

/** A saga over the events of this service: a versioned row, a pure decision, and acts in the same transaction. */
export function createSaga<Data extends object>(definition: SagaDefinition<Data>): Saga<Data> {
  const { name, steps } = definition;
  const plan: Plan = Object.entries(steps).map(([step, { after = [] }]) => ({ name: step, after }));

  const open = async (work: Work, id: string, data: Data): Promise<Kept<Data> | undefined> => {
    const state = opened(plan);
    const deadline = new Date(work.now.getTime() + definition.deadlineMs);
    return (await insertSaga(work.trx, { saga: name, id, state, data, deadline, now: work.now })) ? { state, data, version: 1 } : undefined;
  };

  const actOf = (effect: SagaEffect): Act<Data> | undefined => {
    if (effect.kind === 'completed' || effect.kind === 'failed') return definition[effect.kind];
    return steps[effect.step]?.[effect.kind];
  };

  const take = async (work: Work, id: string, kept: Kept<Data>, ...happenings: Happening[]): Promise<SagaState> => {
    const { data } = kept;
    const queue = [...happenings];
    let { state } = kept;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const decision = decideSaga(plan, state, next);
      ({ state } = decision);
      for (const effect of decision.effects) {
        const answer = await actOf(effect)?.(work, { id, data, reason: state.reason });
        if (answer) queue.push(answer);
      }
    }
    await updateSaga(work.trx, { saga: name, id, state, data, version: kept.version, now: work.now });
    return state;
  };

  return {
    name,
    async start(work, id, data) {
      const kept = await open(work, id, data);
      if (kept !== undefined) await take(work, id, kept, { kind: 'started' });
      return kept !== undefined;
    },
    async advance(work, id, happening, data = {}) {
      if (happening.kind !== 'failed' && happening.kind !== 'started' && !Object.hasOwn(steps, happening.step)) {
        throw new Error(`the saga ${name} has no step ${happening.step}`);
      }
      const kept = (await lockSaga<Data>(work.trx, name, id)) ?? (await open(work, id, data as Data));
      if (kept === undefined) throw new StaleRead(`saga ${name} ${id} was begun meanwhile`);
      return take(work, id, { ...kept, data: { ...kept.data, ...data } }, happening);
    },
    async find(trx, id) {
      const row = await trx.maybe<Row & { deadline: Date; createdAt: Date; updatedAt: Date }>(
        `SELECT ${COLUMNS}, deadline, created_at AS "createdAt", updated_at AS "updatedAt" FROM sagas WHERE saga = $1 AND saga_id = $2`,
        [name, id],
      );
      if (row === undefined) return undefined;
      const { deadline, createdAt, updatedAt } = row;
      return { id, ...keptOf<Data>(row), reason: row.reason, deadline, createdAt, updatedAt };
    },
    async expire({ database, commands, clock, log }) {
      const due = await database.transaction('system', (trx) => dueSagas(trx, name, clock()));
      for (const id of due) {
        const timeOut = async (work: Work) => {
          const kept = await lockSaga<Data>(work.trx, name, id);
          if (kept?.state.status !== 'running') return;
          const judged = await definition.overdue?.(work, { id, data: kept.data, reason: null });
          await take(work, id, kept, ...(judged ? [judged] : []), { kind: 'failed', reason: TIMEOUT });
        };
        await commands.run('system', timeOut, { subject: definition.subject(id) }).catch((error: unknown) =>
          log.error(`[SAGA] ${name} ${id} is overdue and could not be ended: ${causeOf(error)}; it is tried again`),
        );
      }
      return due.length;
    },
  };
}

interface Row {
  status: SagaStatus;
  steps: Record<string, StepState>;
  data: object;
  reason: string | null;
  version: number;
}

async function lockSaga<Data>(trx: Sql, saga: string, id: string): Promise<Kept<Data> | undefined> {
  const row = await trx.maybe<Row>(`SELECT ${COLUMNS} FROM sagas WHERE saga = $1 AND saga_id = $2 FOR UPDATE`, [saga, id]);
  return row && keptOf<Data>(row);
}

const COLUMNS = 'status, steps, data, reason, version';

const keptOf = <Data>({ status, steps, reason, data, version }: Row): Kept<Data> => ({
  state: { status, steps, reason },
  data: data as Data,
  version,
});

type Written = { saga: string; id: string; state: SagaState; data: object; now: Date };

const insertSaga = async (trx: Sql, { saga, id, state, data, deadline, now }: Written & { deadline: Date }): Promise<boolean> =>
  (await trx.run(
    `INSERT INTO sagas (saga, saga_id, status, steps, data, reason, version, deadline, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $8) ON CONFLICT DO NOTHING`,
    [saga, id, state.status, JSON.stringify(state.steps), JSON.stringify(data), state.reason, deadline, now],
  )) > 0;

/** @throws StaleRead when somebody has changed it since it was read. */
async function updateSaga(trx: Sql, { saga, id, state, data, version, now }: Written & { version: number }): Promise<void> {
  const written = await trx.run(
    `UPDATE sagas SET status = $3, steps = $4, data = $5, reason = $6, version = version + 1, updated_at = $7
     WHERE saga = $1 AND saga_id = $2 AND version = $8`,
    [saga, id, state.status, JSON.stringify(state.steps), JSON.stringify(data), state.reason, now, version],
  );
  if (written === 0) throw new StaleRead(`saga ${saga} ${id} was changed meanwhile`);
}

async function dueSagas(trx: Sql, saga: string, now: Date): Promise<string[]> {
  const rows = await trx.rows<{ id: string }>(
    `SELECT saga_id AS id FROM sagas WHERE status = 'running' AND deadline <= $2 AND saga = $1 ORDER BY deadline LIMIT $3`,
    [saga, now, DUE_AT_ONCE],
  );
  return rows.map(({ id }) => id);
}
