import { guardCell, quoteCell } from '../../../kernel/csv.ts';
import type { Cents } from '../../../kernel/money.ts';
import { pesosText } from './rules.ts';

/** A text as a cell: quoted always, and never a formula. */
export const csvText = (text: string): string => quoteCell(guardCell(text));

/** Cents as Argentine spreadsheets read numbers: 123450 → 1234,50. */
export const csvPesos = (cents: Cents): string => pesosText(cents, ',');

export const csvLine = (cells: readonly string[]): string => `${cells.join(';')}\r\n`;
