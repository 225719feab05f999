export interface Column<Row> {
  title: string;
  value: (row: Row) => string | number | null | undefined;
  /** Longer text is cut; the last column is the place for what is long. */
  max?: number;
}

/** A table for people: aligned, no lines, numbers to the right. */
export function table<Row>(rows: readonly Row[], columns: ReadonlyArray<Column<Row>>): string {
  const cells = rows.map((row) => columns.map(({ value, max }) => cut(String(value(row) ?? ''), max ?? 60)));
  const numeric = columns.map(({ value }) => rows.length > 0 && rows.every((row) => typeof value(row) === 'number'));
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...cells.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (numeric[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title.toUpperCase())), ...cells.map(line)].join('\n');
}

/** One line, however many the text had. */
function cut(text: string, max: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > max ? `${flat.slice(0, max - 1)}…` : flat;
}

/** A moment as operators compare it with the log: UTC, to the millisecond. */
export const moment = (date: Date | null | undefined): string =>
  date ? date.toISOString().replace('T', ' ').replace('Z', '') : '';
