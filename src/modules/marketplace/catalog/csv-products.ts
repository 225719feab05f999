import { unguardCell } from '../../../kernel/csv.ts';
import { AppError } from '../../../kernel/errors.ts';
import { validate } from '../../../kernel/rest/validation.ts';
import { writeCsv, type CsvRow } from './csv.ts';
import type { Category } from './category-read-model.ts';
import type { Producto } from './read-model.ts';
import { IVA_RATES, productOf, type ProductFields } from './rules.ts';
import { newProductBody } from './schemas.ts';

export const REQUIRED = ['nombre_producto', 'precio'] as const;
const TEMPLATE = ['nombre_producto', 'descripcion', 'precio', 'categoria_id'] as const;
const READ = [...TEMPLATE, 'iva'] as const;
/** A file that was exported can be uploaded; what it has beyond `READ` is then passed over. */
const EXPORTED = [...READ, 'producto_id', 'cantidad_stock'] as const;

type Column = (typeof READ)[number];

/** Where the columns are, or what is wrong with the header, in words. */
export type Header = { at: ReadonlyMap<Column, number>; width: number } | { wrong: string; found: string[] };

export function readHeader({ cells }: CsvRow): Header {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  const found = names.filter((name) => name !== '');
  const repeated = READ.find((column) => names.indexOf(column) !== names.lastIndexOf(column));
  if (repeated !== undefined) return { wrong: `La columna «${repeated}» está repetida.`, found };
  const missing = REQUIRED.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    const separator = [';', '\t'].find((mark) => cells.length === 1 && cells[0]?.includes(mark));
    const hint = separator === undefined ? '' : ' Las columnas tienen que ir separadas por comas.';
    return { wrong: `Faltan columnas: ${missing.join(', ')}.${hint}`, found };
  }
  const present = READ.filter((column) => names.includes(column));
  return { at: new Map(present.map((column) => [column, names.indexOf(column)])), width: names.length };
}

export type ReadProduct = { fila: number; product: ProductFields } | { fila: number; error: string };

/** The product of a row, or what is wrong with it in Spanish. */
export function readProduct({ fila, cells }: CsvRow, { at, width }: Extract<Header, { width: number }>): ReadProduct {
  const filled = cells.findLastIndex((cell) => cell.trim() !== '') + 1; // spreadsheets add commas at the end
  if (cells.length < width || filled > width) {
    return { fila, error: `La fila tiene ${cells.length} columnas y el encabezado ${width}.` };
  }
  const given = [...at].map(([column, index]) => [column, unguardCell((cells[index] ?? '').trim())] as const);
  try {
    return { fila, product: productOf(validate(newProductBody, Object.fromEntries(given))) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { fila, error: (error.details.errors ?? [error.message]).join(' ') };
  }
}

/** The catalogue as a file that a spreadsheet opens and that can be uploaded again. */
export const exportedCsv = (products: readonly Producto[]): string =>
  writeCsv([EXPORTED, ...products.map((product) => EXPORTED.map((column) => product[column] ?? ''))]);

/** What GET /products/csv/template answers, beside `success` and `message`. */
export function csvTemplate(categories: readonly Category[]) {
  const categoria = String(categories[0]?.categoria_id ?? '');
  return {
    template: [
      TEMPLATE.join(','),
      `Pizza Margherita,"Tomate, muzzarella y albahaca",850.50,${categoria}`,
      'Agua mineral,500 ml,300,',
      '',
    ].join('\n'),
    categorias_disponibles: categories.map(({ categoria_id, nombre }) => ({ categoria_id, nombre })),
    instrucciones: {
      formato: 'CSV separado por comas, en UTF-8; la primera línea tiene los nombres de las columnas.',
      campos_requeridos: [...REQUIRED],
      campos_opcionales: READ.filter((column) => !(REQUIRED as readonly string[]).includes(column)),
      notas: [
        'El precio va con punto decimal y sin separador de miles: 1250.50.',
        'categoria_id es uno de los de categorias_disponibles, o queda vacío.',
        `iva es la alícuota en por ciento (${IVA_RATES.join(', ')}); vacío es 21.`,
        'Un texto con comas, comillas o saltos de línea va entre comillas dobles.',
        'Cada fila crea un producto nuevo, también si el archivo viene de una exportación.',
      ],
    },
  };
}
