import type { Cents } from './money.ts';

/** How Argentina reads numbers and dates; wherever the service runs, the day is that of Buenos Aires. */
export const TIME_ZONE = 'America/Argentina/Buenos_Aires';

const money = new Intl.NumberFormat('es-AR', { style: 'currency', currency: 'ARS' });
const number = new Intl.NumberFormat('es-AR', { maximumFractionDigits: 2 });
const dateTime = new Intl.DateTimeFormat('es-AR', {
  timeZone: TIME_ZONE,
  day: '2-digit',
  month: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const isoDay = new Intl.DateTimeFormat('en-CA', {
  timeZone: TIME_ZONE,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});
const names = new Intl.Collator('es-AR');
const weekday = new Intl.DateTimeFormat('es-AR', { timeZone: 'UTC', weekday: 'short', day: 'numeric' });
const month = new Intl.DateTimeFormat('es-AR', { timeZone: 'UTC', month: 'long', year: 'numeric' });

/** Cents as people read them: `$ 1.234,50`. */
export const pesos = (cents: Cents): string => money.format(cents / 100);

const twoDecimals = new Intl.NumberFormat('es-AR', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** An amount of another currency than pesos: `USD 1.234,50`. */
export const amountIn = (currency: string, amount: number): string => `${currency} ${twoDecimals.format(amount)}`;

/** A quantity or a rate: `1.234`, `10,5`. */
export const decimal = (value: number): string => number.format(value);

/** `15/01/2024, 11:30`. */
export const moment = (at: Date): string => dateTime.format(at);

/** The calendar day of a moment: `2024-01-15`. */
export const dayOf = (at: Date): string => isoDay.format(at);

/** When the calendar day of a moment ends; Argentina keeps one offset all the year round. */
export const endOfDay = (at: Date): Date => new Date(Date.parse(`${dayOf(at)}T00:00:00-03:00`) + 86_400_000);

/** A calendar day (`2024-01-15`) as a row's name: `lun 15`. */
export const dayName = (day: string): string => weekday.format(new Date(`${day}T00:00:00Z`)).replace(',', '');

/** A month (`2024-01`): `enero de 2024`. */
export const monthName = (yearMonth: string): string => month.format(new Date(`${yearMonth}-01T00:00:00Z`));

/**
 * Compares names as a dictionary orders them: `ábaco` before `Bebidas`. The database's own order is another one wherever
 * it was made with another locale; ours has all capitals before `a`, and `á` after `z`.
 */
export const byName = (a: string, b: string): number => names.compare(a, b);

/** How long ago: `recién`, `hace 5 min`, `hace 3 h`, `hace 2 d`. The panel's script counts on in the same words. */
export function ago(at: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000);
  if (minutes < 1) return 'recién';
  if (minutes < 60) return `hace ${minutes} min`;
  return minutes < 48 * 60 ? `hace ${Math.floor(minutes / 60)} h` : `hace ${Math.floor(minutes / 1440)} d`;
}
