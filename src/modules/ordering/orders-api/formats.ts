/**
 * JSON Schema's formats as its validators read them, which is wider than zod's: a UUID of any version, a date-time with a
 * blank for its T. What the document's schema takes is taken here.
 */
const UUID = /^(?:urn:uuid:)?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})$/i;

export const isUuid = (text: string): boolean => UUID.test(text);

/** One spelling for one id: `A1B2…` and `urn:uuid:a1b2…` are the same UUID. Whatever is no UUID stays as it is. */
export const canonicalId = (text: string): string => UUID.exec(text)?.[1]?.toLowerCase() ?? text;

const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const EMAIL = new RegExp(`^${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+${LABEL}$`, 'i');

export const isEmail = (text: string): boolean => EMAIL.test(text);

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(\d\d):(\d\d):(\d\d(?:\.\d+)?)(?:z|([+-])(\d\d)(?::?(\d\d))?)$/i;

/** RFC 3339: a day that exists, a time of it with its offset; the leap second at 23:59:60 UTC is one. */
export function isDateTime(text: string): boolean {
  const [date, time, ...rest] = text.split(/t|\s/i);
  return rest.length === 0 && isDate(date ?? '') && isTime(time ?? '');
}

function isDate(text: string): boolean {
  const found = DATE.exec(text);
  if (found === null) return false;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
  return day <= last;
}

function isTime(text: string): boolean {
  const found = TIME.exec(text);
  if (found === null) return false;
  const [hour, minute, second] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const sign = found[4] === '-' ? -1 : 1;
  const [offsetHours, offsetMinutes] = [Number(found[5] ?? 0), Number(found[6] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return false;
  if (hour <= 23 && minute <= 59 && second < 60) return true;
  // In UTC the leap second is the last of the day, whatever the clock says where it was written.
  const utcMinutes = hour * 60 + minute - sign * (offsetHours * 60 + offsetMinutes);
  return second < 61 && (utcMinutes + 24 * 60) % (24 * 60) === 23 * 60 + 59;
}
