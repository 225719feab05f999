import type { Cents } from '../../../kernel/money.ts';
import { pesosText } from './rules.ts';

/** So that Excel reads it as UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF';

/** What a spreadsheet would take for a formula and run; the wide forms count too (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** A text as a cell: quoted always, and never a formula. */
export function csvText(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

/** Cents as Argentine spreadsheets read numbers: 123450 → 1234,50. */
export const csvPesos = (cents: Cents): string => pesosText(cents, ',');

export const csvLine = (cells: readonly string[]): string => `${cells.join(';')}\r\n`;
