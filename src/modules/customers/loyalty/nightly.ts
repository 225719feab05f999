import { causeOf } from '../../../kernel/errors.ts';
import type { Sql } from '../../../kernel/database.ts';
import { endOfDay } from '../../../kernel/es-ar.ts';
import type { Work } from '../../../events/work.ts';
import type { Job } from '../../module.ts';
import type { CustomersDeps } from '../ports.ts';
import { DEFAULT_SETTINGS, findSettings } from '../settings/read-model.ts';
import { calendarOf } from './calendar.ts';
import { change } from './port.ts';
import { expiredHolders, unwarnedHolders, unwarnedLots, type Holder } from './read-model.ts';
import { markWarned } from './repository.ts';
import { expire } from './rules.ts';

const BATCH = 200;
const DAY_MS = 86_400_000;

type Deps = Pick<CustomersDeps, 'database' | 'commands' | 'clock' | 'log' | 'lockCustomer' | 'notify'>;

/** What has expired is gone for whoever reads, whether or not this has come by; it only writes it down. */
export const nightlyPoints = (deps: Deps): Job[] => [
  { name: 'expire-customer-points', schedule: '0 30 3 * * *', run: async () => void (await expirePoints(deps)) },
  { name: 'warn-of-expiring-points', schedule: '0 0 9 * * *', run: async () => void (await warnOfExpiry(deps)) },
];

/** @returns how many customers it looked at. */
export const expirePoints = (deps: Deps): Promise<number> =>
  forEach(deps, 'were not expired', (trx, now, after) => expiredHolders(trx, now, BATCH, after), (work, { tenantId, customerId }) =>
    change(work, tenantId, customerId, expire(work.now)),
  );

/** Tells of what is about to expire, each day of expiry once. @returns how many customers it looked at. */
export const warnOfExpiry = (deps: Deps): Promise<number> => {
  const { warningDays: defaultDays } = DEFAULT_SETTINGS.points;
  return forEach(deps, 'were not warned of', (trx, now, after) => unwarnedHolders(trx, now, { limit: BATCH, defaultDays, after }), (work, holder) =>
    warn(deps, work, holder),
  );
};

async function warn({ notify }: Deps, work: Work, { tenantId, customerId }: Holder): Promise<void> {
  const { settings } = await findSettings(work.trx, tenantId);
  // Whole days, for each day of expiry is told of once.
  const until = endOfDay(new Date(work.now.getTime() + settings.points.warningDays * DAY_MS));
  const days = calendarOf(await unwarnedLots(work.trx, tenantId, customerId, work.now, until));
  notify(work, tenantId, days.map(({ day, points }) => ({
    customerId,
    name: 'points_about_to_expire',
    data: { points, expires_on: day },
    about: `puntos:${day}`,
  })));
  await markWarned(work.trx, tenantId, customerId, days.flatMap(({ lots }) => lots.map(({ lot }) => lot)), work.now);
}

/** Each customer in a transaction of its own, so that one that fails keeps no other. */
async function forEach(
  { database, commands, clock, log, lockCustomer }: Deps, undone: string,
  find: (trx: Sql, now: Date, after?: Holder) => Promise<Holder[]>, settle: (work: Work, holder: Holder) => Promise<void>,
): Promise<number> {
  const next = (after?: Holder) => database.transaction('system', (trx) => find(trx, clock(), after));
  let seen = 0;
  for (let batch = await next(); batch.length > 0; batch = await next(batch.at(-1))) {
    for (const holder of batch) {
      const settled = async (work: Work) => {
        await lockCustomer(work, holder.tenantId, holder.customerId);
        await settle(work, holder);
      };
      await commands.run('system', settled).catch((error: unknown) => {
        log.error(`[CUSTOMERS] points of a customer of tenant ${holder.tenantId} ${undone}: ${causeOf(error)}; it is tried again`);
      });
    }
    seen += batch.length;
  }
  return seen;
}
