import { fromCents, isCents, toCents, type Cents } from '../../../kernel/money.ts';

/** What is added up of an order; null and absent are 0. Amounts as JSON carries them. */
export interface Sums {
  currency?: string | null;
  subtotal?: number | null;
  tax?: number | null;
  shipping?: number | null;
  discount?: number | null;
  totalAmount: number;
  items: ReadonlyArray<{ quantity: number; unitPrice?: number | null; totalPrice?: number | null }>;
}

const MOST = 1e11;
const HEAD = ['subtotal', 'tax', 'shipping', 'discount', 'totalAmount'] as const;

const cents = (amount: number | null | undefined): Cents => toCents(amount ?? 0);

/** A line's own total; without one it is its price times its quantity. */
const lineCents = ({ quantity, unitPrice, totalPrice }: Sums['items'][number]): Cents =>
  totalPrice == null ? cents(unitPrice) * quantity : cents(totalPrice);

const linesCents = ({ items }: Sums): Cents => items.reduce((sum, item) => sum + lineCents(item), 0);

/** What the goods cost: what the event says, else what its lines add up to. */
export const subtotalCents = (sums: Sums): Cents => (sums.subtotal == null ? linesCents(sums) : cents(sums.subtotal));

export const currencyOf = ({ currency }: Pick<Sums, 'currency'>): string => currency ?? 'USD';

/** Why these amounts cannot be an order's, a sentence each: the document's rule, to the cent. */
export function sumProblems(sums: Sums): string[] {
  const amounts = [
    ...HEAD.map((name) => ({ name: name, amount: sums[name] ?? 0 })),
    ...sums.items.map((item, index) => ({ name: `items.${index}.totalPrice`, amount: item.totalPrice ?? 0 })),
  ];
  const odd = amounts.filter(({ amount }) => !isCents(amount) || amount > MOST);
  if (odd.length > 0) return odd.map(({ name }) => `${name} no es un importe de hasta dos decimales`);
  if (sums.items.some(({ unitPrice }) => (unitPrice ?? 0) > MOST)) return ['unitPrice es demasiado grande'];
  const due = subtotalCents(sums) + cents(sums.tax) + cents(sums.shipping) - cents(sums.discount);
  return [
    ...(/^[A-Za-z]{3}$/.test(currencyOf(sums)) ? [] : ['currency no es un código de tres letras']),
    ...(due === cents(sums.totalAmount)
      ? []
      : [`totalAmount es ${sums.totalAmount} y subtotal + tax + shipping − discount da ${fromCents(due)}`]),
  ];
}

/** What does not agree inside a subtotal that was said; what is to be paid is not touched by it. A sentence each. */
export function lineProblems(sums: Sums): string[] {
  const odd = sums.items.flatMap((item, index) =>
    item.unitPrice != null && item.totalPrice != null && cents(item.unitPrice * item.quantity) !== cents(item.totalPrice)
      ? [`items.${index}: ${item.quantity} × ${item.unitPrice} no es ${item.totalPrice}`]
      : [],
  );
  const lines = linesCents(sums);
  const said = sums.subtotal != null && cents(sums.subtotal) !== lines;
  return said ? [...odd, `los items suman ${fromCents(lines)} y subtotal es ${sums.subtotal}`] : odd;
}
