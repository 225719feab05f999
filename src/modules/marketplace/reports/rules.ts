import { calendarDay } from '../../../kernel/calendar-day.ts';

/** Calendar days, both inclusive, as Postgres reads them. */
export interface Range {
  desde: string;
  hasta: string;
}

/** A range of days, or what is wrong with it. A moment counts as its day; an end that is not given is open. */
export function readRange(
  desde: string | null | undefined,
  hasta: string | null | undefined,
): Range | { problem: string } {
  const [from, to] = [desde == null ? '-infinity' : calendarDay(desde), hasta == null ? 'infinity' : calendarDay(hasta)];
  // As text, too, -infinity comes before every date and infinity after.
  if (from === undefined) return { problem: `fechaDesde ${desde} no es una fecha AAAA-MM-DD` };
  if (to === undefined) return { problem: `fechaHasta ${hasta} no es una fecha AAAA-MM-DD` };
  if (from > to) return { problem: `fechaDesde ${from} es posterior a fechaHasta ${to}` };
  return { desde: from, hasta: to };
}

/** Whether a text names a day of the calendar, and nothing else. */
export const isDay = (text: string): boolean => calendarDay(text) === text;

/** Cents in pesos, digit by digit: a double would not hold the cents of a large sum. */
export function pesosText(cents: number | bigint, point: '.' | ','): string {
  const digits = String(cents).padStart(3, '0');
  return digits.slice(0, -2) + point + digits.slice(-2);
}
