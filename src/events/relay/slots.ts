import type { Database, Sql } from '../../kernel/database.ts';
import type { RelayState } from './types.ts';

/** Ordering keys hash to this many slots (the generated column outbox.slot). */
export const SLOT_COUNT = 64;

const LEASE_MS = 7000; // a dead relay's slots are taken over within LEASE_MS + HEARTBEAT_MS, under 10 s
export const HEARTBEAT_MS = 2000;
/** For clocks that drift. A send that outlives its lease may still arrive late and once more, as at-least-once allows. */
const MARGIN_MS = 500;

export interface Slots {
  /** Renews what is held, takes a fair share of what is free, gives back what is too much and idle. */
  renew(isBusy: (slot: number) => boolean, state: RelayState): Promise<void>;
  /** The slots whose messages may be loaded. */
  loadable(): number[];
  /** Whether a send for this slot may start now. */
  holds(slot: number): boolean;
  release(): Promise<void>;
}

/**
 * Which slots this relay may send: rows with an expiry, so that no lock and no transaction is held over a network
 * call. The local deadline is counted from before the renewal was sent, on a clock that does not jump, and is
 * therefore never later than the database's.
 */
export function createSlots(database: Database, destination: string, relayId: string, clock = () => performance.now()): Slots {
  let held = new Set<number>();
  let draining = new Set<number>();
  let deadline = 0;
  const alive = () => clock() < deadline - MARGIN_MS;

  return {
    async renew(isBusy, state) {
      const asked = clock();
      const surrendered = [...draining].filter((slot) => !isBusy(slot));
      const { owned, share } = await database.transaction('system', async (trx) => {
        await beat(trx, destination, relayId, state);
        if (surrendered.length > 0) await giveBack(trx, destination, relayId, surrendered);
        return claim(trx, destination, relayId);
      });
      held = new Set(owned);
      deadline = asked + LEASE_MS;
      draining = new Set(owned.slice(share));
    },
    loadable: () => (alive() ? [...held].filter((slot) => !draining.has(slot)) : []),
    holds: (slot) => held.has(slot) && alive(),
    async release() {
      held.clear();
      deadline = 0;
      await database.transaction('system', async (trx) => {
        await trx.run('UPDATE relay_slots SET relay_id = NULL, leased_until = NULL WHERE relay_id = $1', [relayId]);
        await trx.run('DELETE FROM relays WHERE relay_id = $1', [relayId]);
      });
    },
  };
}

async function beat(trx: Sql, destination: string, relayId: string, { openUntil, cause, held }: RelayState): Promise<void> {
  await trx.run(
    `INSERT INTO relays (relay_id, destination, alive_until, circuit_open_until, circuit_cause, held)
     VALUES ($1, $2, now() + $3 * interval '1 ms', $4, $5, $6)
     ON CONFLICT (relay_id) DO UPDATE SET alive_until = excluded.alive_until,
       circuit_open_until = excluded.circuit_open_until, circuit_cause = excluded.circuit_cause, held = excluded.held`,
    [relayId, destination, LEASE_MS, openUntil === undefined ? null : new Date(openUntil), cause ?? null, held],
  );
  await trx.run(`DELETE FROM relays WHERE alive_until < now() - interval '1 day'`);
  await trx.run(
    `INSERT INTO relay_slots (destination, slot) SELECT $1, slot FROM generate_series(0, $2 - 1) AS slot
     WHERE NOT EXISTS (SELECT 1 FROM relay_slots WHERE destination = $1) ON CONFLICT DO NOTHING`,
    [destination, SLOT_COUNT],
  );
}

const giveBack = (trx: Sql, destination: string, relayId: string, slots: number[]) =>
  trx.run(
    `UPDATE relay_slots SET relay_id = NULL, leased_until = NULL WHERE destination = $1 AND relay_id = $2 AND slot = ANY($3)`,
    [destination, relayId, slots],
  );

async function claim(trx: Sql, destination: string, relayId: string): Promise<{ owned: number[]; share: number }> {
  const renewed = await trx.rows<{ slot: number }>(
    `UPDATE relay_slots SET leased_until = now() + $3 * interval '1 ms'
     WHERE destination = $1 AND relay_id = $2 AND leased_until > now() RETURNING slot`,
    [destination, relayId, LEASE_MS],
  );
  const { relays } = await trx.one<{ relays: number }>(
    'SELECT count(*) AS relays FROM relays WHERE destination = $1 AND alive_until > now()',
    [destination],
  );
  const share = Math.ceil(SLOT_COUNT / Math.max(1, relays));
  const taken = await trx.rows<{ slot: number }>(
    `UPDATE relay_slots SET relay_id = $2, leased_until = now() + $3 * interval '1 ms'
     WHERE destination = $1 AND slot IN (
       SELECT slot FROM relay_slots WHERE destination = $1 AND (leased_until IS NULL OR leased_until <= now())
       ORDER BY slot LIMIT $4 FOR UPDATE SKIP LOCKED)
     RETURNING slot`,
    [destination, relayId, LEASE_MS, Math.max(0, share - renewed.length)],
  );
  return { owned: [...renewed, ...taken].map(({ slot }) => slot).sort((a, b) => a - b), share };
}
