const DAY = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$/;

/**
 * The calendar day that a text names (`AAAA-MM-DD`), by itself or as the day of a moment; undefined when it names none.
 * It is taken from the text: a Date would move it to the day before or after, depending on where the server stands.
 */
export function calendarDay(input: string): string | undefined {
  const day = DAY.exec(input.trim())?.[1];
  if (day === undefined || day.startsWith('0000')) return undefined; // Postgres has no year 0
  const read = new Date(`${day}T00:00:00Z`);
  // Date reads the 31st of June as the 1st of July.
  return Number.isNaN(read.getTime()) || !read.toISOString().startsWith(day) ? undefined : day;
}
