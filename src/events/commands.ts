import { randomUUID } from 'node:crypto';
import type { Actor, Database } from '../kernel/database.ts';
import { applyWoken, readWaiting } from './parking.ts';
import { lockSubjects, type ProcessorOptions } from './processor.ts';
import { openWork, type Work } from './work.ts';

export interface Commands {
  /**
   * Runs what a person or a job asked for as one transaction with the same means as an event handler: what it
   * publishes and the rows it changes are committed together. `subject` (`pedido:12345`) takes the lock that events
   * about it take. What throws is rolled back whole.
   */
  run<T>(actor: Actor, work: (work: Work) => Promise<T>, options?: { subject?: string }): Promise<T>;
}

export function createCommands(database: Database, { registry, log, probe, clock }: ProcessorOptions): Commands {
  return {
    run: (actor, command, { subject } = {}) =>
      database.transaction(actor, async (trx) => {
        await lockSubjects(trx, [{ subject }]);
        const cause = actor === 'system' ? {} : { tenantId: actor.tenantId };
        const work = openWork({ trx, now: clock(), traceId: randomUUID(), log, locked: true }, cause);
        const result = await command(work);
        await work.flush();
        // Needs the system role; tenants' commands wake nothing.
        await applyWoken(work, await readWaiting(trx, [...work.wakeKeys]), { registry, probe });
        return result;
      }),
  };
}
