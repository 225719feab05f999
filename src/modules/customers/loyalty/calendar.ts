import { dayOf } from '../../../kernel/es-ar.ts';
import type { ExpiringLot } from './read-model.ts';

/** What expires on one day of Buenos Aires. */
export interface ExpiryDay {
  day: string;
  points: number;
  lots: ExpiringLot[];
}

/** The days on which points expire, the soonest first. @param lots in the order of their expiry. */
export function calendarOf(lots: readonly ExpiringLot[]): ExpiryDay[] {
  const days = new Map<string, ExpiringLot[]>();
  for (const lot of lots) {
    const day = dayOf(lot.expiresAt);
    days.set(day, [...(days.get(day) ?? []), lot]);
  }
  return [...days].map(([day, ofDay]) => ({ day, lots: ofDay, points: ofDay.reduce((sum, { points }) => sum + points, 0) }));
}
