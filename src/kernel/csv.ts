/** So that Excel reads a file as UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF';

/**
 * What a spreadsheet would take for a formula and run, full-width signs included (OWASP, CSV injection), and what is
 * guarded from that already.
 */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;

/**
 * A text that no spreadsheet calculates: an apostrophe in front says that it is text. Texts that begin with such an
 * apostrophe by themselves get another, so that `unguardCell` gives back every text as it was.
 */
export const guardCell = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** What `guardCell` was given; a text it never wrote stays as it is. */
export const unguardCell = (cell: string): string =>
  cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell;

export const quoteCell = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
