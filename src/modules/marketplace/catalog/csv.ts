import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { CsvError, parse } from 'csv-parse';
import { BYTE_ORDER_MARK, guardCell, quoteCell } from '../../../kernel/csv.ts';
import { badRequest } from '../../../kernel/errors.ts';

/** Rows a file may have; what is above would keep its sender waiting, and us busy, for too long. */
export const MAX_ROWS = 5_000;
const MAX_RECORDS = 4 * MAX_ROWS; // blank ones too
const MAX_RECORD = 64 * 1024; // bytes; a quote that is never closed takes in all that follows
const PIECE = 1024; // bytes read in one go; the parser takes up to 70 µs a line, and a line may be one of them

export interface CsvRow {
  /** The line of the file on which it begins; the header is on line 1. */
  fila: number;
  cells: string[];
}

/** The text of a file, without its mark of byte order. @throws AppError 400 when it is not UTF-8. */
export function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw badRequest('El archivo no está en UTF-8. En Excel, guardalo como «CSV UTF-8 (delimitado por comas)».');
  }
}

/**
 * The rows of a comma-separated text, the header among them, blank ones left out. A quote inside an unquoted cell is
 * part of it (`Pizza 12"`). Others are served between its pieces, however long it is.
 * @throws AppError 400 for quotes that are not closed and for too many rows.
 */
export async function readCsv(text: string): Promise<CsvRow[]> {
  const rows: CsvRow[] = [];
  let [line, seen] = [1, 0];
  try {
    for await (const cells of records(text)) {
      if (cells.some((cell) => cell.trim() !== '')) rows.push({ fila: line, cells });
      line += 1 + cells.reduce((breaks, cell) => breaks + (cell.match(LINE_BREAK)?.length ?? 0), 0);
      seen += 1;
      if (rows.length > MAX_ROWS + 1 || seen > MAX_RECORDS) throw badRequest(TOO_MANY);
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw badRequest(`La línea ${line} del archivo no se entiende: tiene comillas sin cerrar o es demasiado larga.`);
  }
  return rows;
}

const LINE_BREAK = /\r\n|\n|\r/g;
const TOO_MANY = `El archivo tiene más de ${MAX_ROWS} filas, o demasiadas líneas vacías: dividilo en otros más cortos.`;

const records = (text: string): AsyncIterable<string[]> =>
  Readable.from(piecesOf(text)).pipe(
    parse({
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      max_record_size: MAX_RECORD,
    }),
  );

/** Bytes: a piece of text could end in the middle of a character, and both halves would be lost. */
async function* piecesOf(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += PIECE) {
    yield bytes.subarray(from, from + PIECE);
    await setImmediate();
  }
}

/** Rows as text that a spreadsheet opens: UTF-8 with its mark, commas, CRLF. */
export const writeCsv = (rows: ReadonlyArray<ReadonlyArray<string | number>>): string =>
  `${BYTE_ORDER_MARK}${rows.map((row) => `${row.map(writeCell).join(',')}\r\n`).join('')}`;

const writeCell = (value: string | number): string => {
  const cell = typeof value === 'number' ? String(value) : guardCell(value);
  return /[",\r\n]|^\s|\s$/.test(cell) ? quoteCell(cell) : cell;
};
