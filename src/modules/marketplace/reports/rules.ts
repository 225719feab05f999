import { dealOut, type Cents } from '../../../kernel/money.ts';

/** A line as tax sees it. The price includes IVA. */
export interface TaxedLine {
  total: Cents;
  /** The rate in tenths of a per cent: 210 is 21 %. */
  rate: number;
}

export interface Split {
  subtotal: Cents;
  iva: Cents;
  total: Cents;
}

/** The net part of an amount that includes IVA: total / (1 + rate), rounded half up to the cent. */
export function netOf(total: Cents, rate: number): Cents {
  const [numerator, denominator] = [BigInt(total) * 1000n, BigInt(1000 + rate)];
  return Number((numerator * 2n + denominator) / (denominator * 2n));
}

/**
 * Splits an order's lines into net and IVA: per rate, the net is rounded once on the sum and dealt out over the lines
 * by largest remainder, so that lines add up to their order and net + IVA is the total, to the cent.
 */
export function splitIva(lines: readonly TaxedLine[]): { lines: Split[]; order: Split } {
  const split: Split[] = lines.map(({ total }) => ({ subtotal: 0, iva: 0, total }));
  for (const rate of new Set(lines.map((line) => line.rate))) {
    const group = lines.map((line, index) => ({ ...line, index })).filter((line) => line.rate === rate);
    const net = netOf(group.reduce((sum, line) => sum + line.total, 0), rate);
    dealOut(net, group.map((line) => line.total)).forEach((subtotal, position) => {
      const { index, total } = group[position] as (typeof group)[number];
      split[index] = { subtotal, iva: total - subtotal, total };
    });
  }
  const sum = (pick: (part: Split) => Cents) => split.reduce((all, part) => all + pick(part), 0);
  return { lines: split, order: { subtotal: sum((s) => s.subtotal), iva: sum((s) => s.iva), total: sum((s) => s.total) } };
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:T.*)?$/;

/** A range of calendar days, both inclusive, or what is wrong with it. A moment counts as its day. */
export function readRange(desde: string, hasta: string): { desde: string; hasta: string } | { problem: string } {
  const [from, to] = [readDate(desde), readDate(hasta)];
  if (from === undefined) return { problem: `fechaDesde ${desde} no es una fecha AAAA-MM-DD` };
  if (to === undefined) return { problem: `fechaHasta ${hasta} no es una fecha AAAA-MM-DD` };
  if (from > to) return { problem: `fechaDesde ${from} es posterior a fechaHasta ${to}` };
  return { desde: from, hasta: to };
}

function readDate(text: string): string | undefined {
  const [, year, month, day] = DATE.exec(text.trim()) ?? [];
  if (year === undefined) return undefined;
  const date = `${year}-${month}-${day}`;
  const parsed = new Date(`${date}T00:00:00Z`);
  return Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== date || year === '0000' ? undefined : date;
}

/**
 * Packs items into as few parts as fit. `overhead` is what a message weighs without any item. An item too large for a
 * part of its own still goes out, alone: the hub may refuse it, but it is not dropped here.
 */
export function packParts<Item>(items: readonly Item[], limit: number, overhead: number): Item[][] {
  const parts: Item[][] = [[]];
  let size = overhead;
  for (const item of items) {
    const weight = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (size + weight > limit && (parts.at(-1) as Item[]).length > 0) {
      parts.push([]);
      size = overhead;
    }
    (parts.at(-1) as Item[]).push(item);
    size += weight;
  }
  return parts;
}
