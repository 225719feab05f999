import type { Work } from '../../../events/work.ts';
import { conflict } from '../../../kernel/errors.ts';
import type { CustomersDeps } from '../ports.ts';
import { unknownCustomer } from '../profiles/read-model.ts';
import { findSettings } from '../settings/read-model.ts';
import { findDone, readPoints, writePoints } from './repository.ts';
import { earn, expire, expiryOf, spend, steps, type Change, type Points } from './rules.ts';

/** What a person asks for, by a name of their own: the same name is done once. */
export interface Asked {
  tenantId: number;
  customerId: string;
  /** Added, or taken away when it is below zero. */
  points: number;
  kind: 'spent' | 'adjusted';
  reference: string;
  note?: string;
}

type Deps = Pick<CustomersDeps, 'commands' | 'lockCustomer'>;

/** @returns false when it had been done before. @throws AppError 404, 409 */
export const changePoints = ({ commands, lockCustomer }: Deps, asked: Asked): Promise<boolean> =>
  commands.run({ tenantId: asked.tenantId }, async (work) => {
    const { tenantId, customerId } = asked;
    if (!(await lockCustomer(work, tenantId, customerId))) throw unknownCustomer();
    if (await wasDone(work, asked)) return false;
    const before = await readPoints(work.trx, tenantId, customerId, { source: 'manual', reference: asked.reference });
    const { next, entries } = asked.points < 0 ? take(before, asked, work.now) : await give(work, before, asked);
    await writePoints(work, tenantId, customerId, before, { next, entries });
    return true;
  });

async function wasDone({ trx }: Work, asked: Asked): Promise<boolean> {
  const before = await findDone(trx, asked.tenantId, asked.customerId, asked);
  if (before === undefined || before === asked.points) return before !== undefined;
  throw conflict(`La referencia ${asked.reference} ya se usó con otra cantidad: ${Math.abs(before)} puntos. Usá una nueva.`, 'referencia_usada');
}

function take(points: Points, { kind, reference, note, points: asked }: Asked, now: Date): Change {
  const valid = expire(now)(points);
  const taken = spend(valid.next, -asked, { kind, reference, note });
  if ('available' in taken) {
    throw conflict(`No alcanzan los puntos: se piden ${-asked} y hay ${taken.available} disponibles.`, 'puntos_insuficientes');
  }
  return steps(points, () => valid, () => taken);
}

async function give({ trx, now }: Work, points: Points, { tenantId, reference, note, points: amount }: Asked): Promise<Change> {
  const { settings } = await findSettings(trx, tenantId);
  const expiresAt = expiryOf(now, settings.points);
  return steps(points, expire(now), earn({ source: 'manual', reference, amount, earnedAt: now, expiresAt, note }));
}
