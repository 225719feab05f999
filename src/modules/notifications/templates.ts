import { amountIn, decimal, pesos } from '../../kernel/es-ar.ts';
import { html, textOf } from '../../kernel/html.ts';
import { toCents } from '../../kernel/money.ts';
import type { Notice } from './ports.ts';

/** A notice in words, plain and as HTML. */
export interface Rendered {
  subject: string;
  /** Its first sentences, for where there is no room for more. */
  summary: string;
  text: string;
  html: string;
}

interface Words {
  subject: string;
  paragraphs: readonly string[];
}

/** What a notice carries; whatever is not there is passed over. */
interface Facts {
  /** A member as text: undefined when it is missing, blank or no text or number. */
  said(...names: string[]): string | undefined;
  /** A member as a quantity. */
  counted(name: string): string | undefined;
  /** A member as money, in the notice's currency. */
  money(...names: string[]): string | undefined;
}

/** What a customer reads. Pure: the same notice of the same business gives the same words. */
export function render({ name, data }: Pick<Notice, 'name' | 'data'>, business: string): Rendered {
  const words = (TEMPLATES.get(name) ?? other)(factsOf(data));
  const shop = oneLine(business);
  const subject = oneLine(words.subject);
  const signature = `— ${shop}`;
  const paragraphs = ['¡Hola!', ...words.paragraphs, signature];
  const page = html`<!doctype html>
<html lang="es-AR">
<head><meta charset="utf-8"><title>${subject}</title></head>
<body>
${paragraphs.map((paragraph) => html`<p>${paragraph}</p>\n`)}</body>
</html>
`;
  const summary = words.paragraphs[0] ?? subject;
  return { subject: `${subject} · ${shop}`, summary, text: `${paragraphs.join('\n\n')}\n`, html: textOf(page) };
}

type Template = (facts: Facts) => Words;

const outOfStock: Template = (facts) => ({
  subject: 'Se agotó un producto de tu carrito',
  paragraphs: [
    `Se agotó ${product(facts)} que tenías en tu carrito.`,
    'Por ahora no lo podés comprar. Podés sacarlo del carrito y seguir con lo demás, o esperar a que vuelva.',
  ],
});

const backInStock: Template = (facts) => ({
  subject: 'Volvió el producto que esperabas',
  paragraphs: [
    `Ya está otra vez disponible ${product(facts)} que nos pediste que te avisáramos.`,
    'Si todavía lo querés, agregalo a tu carrito antes de que se agote.',
  ],
});

const priceIncrease: Template = (facts) => {
  const [before, now] = [facts.money('old_price'), facts.money('new_price')];
  const step = `${before === undefined ? '' : ` de ${before}`}${now === undefined ? '' : ` a ${now}`}`;
  return {
    subject: 'Subió el precio de un producto de tu carrito',
    paragraphs: [
      `Subió${step} el precio d${product(facts)} que tenés en tu carrito.`,
      'Revisá tu carrito antes de terminar la compra.',
    ],
  };
};

const itemRemoved: Template = (facts) => ({
  subject: 'Sacamos un producto de tu carrito',
  paragraphs: [`Sacamos de tu carrito ${product(facts)}${because(facts)}.`, 'Lo demás sigue ahí, como lo dejaste.'],
});

const timedOut: Template = (facts) => ({
  subject: `Se venció ${order(facts)}`,
  paragraphs: [
    `Cancelamos ${order(facts)} porque no recibimos el pago a tiempo.`,
    'Si todavía lo querés, podés volver a hacerlo. Si pagaste después del vencimiento, no perdés nada: lo confirmamos si ' +
      'queda stock, o te devolvemos el dinero.',
  ],
});

const paymentFailed: Template = (facts) => ({
  subject: `No pudimos cobrar ${order(facts)}`,
  paragraphs: [
    `No salió el pago de ${order(facts)}${because(facts)}.`,
    'Podés probar otra vez, con el mismo medio de pago o con otro, antes de que el pedido se venza.',
  ],
});

const confirmed: Template = (facts) => ({
  subject: `Confirmamos ${order(facts)}`,
  paragraphs: [`Recibimos el pago y confirmamos ${order(facts)}${total(facts)}.`, '¡Gracias por tu compra!'],
});

const cancelled: Template = (facts) => ({
  subject: `Cancelamos ${order(facts)}`,
  paragraphs: [
    `Cancelamos ${order(facts)}${because(facts)}.`,
    'Si ya lo habías pagado, te devolvemos el dinero por el mismo medio.',
  ],
});

const received: Template = (facts) => ({
  subject: `Recibimos ${order(facts)}`,
  paragraphs: [
    `Recibimos ${order(facts)}${total(facts)}.`,
    'Te avisamos en cuanto esté confirmado; por ahora no tenés que hacer nada más.',
  ],
});

const checkoutPaid: Template = (facts) => {
  const id = facts.said('order_id', 'order_number');
  return {
    subject: 'Tu pago fue recibido',
    paragraphs: [`Tu orden${id === undefined ? '' : ` ${id}`} fue pagada con éxito.`, '¡Gracias por tu compra!'],
  };
};

const pointsExpire: Template = (facts) => {
  const points = facts.counted('points');
  const on = facts.said('expires_on', 'expires_at');
  const which = points === undefined ? 'Parte de tus puntos vence' : points === '1' ? 'Un punto tuyo vence' : `${points} puntos tuyos vencen`;
  return {
    subject: 'Tenés puntos por vencer',
    paragraphs: [`${which}${on === undefined ? ' pronto' : ` el ${calendarDay(on)}`}.`, 'Usalos en tu próxima compra, para no perderlos.'],
  };
};

/** For a name that has no words of its own. */
const other: Template = (facts) => {
  const about = facts.said('order_number', 'order_id') === undefined ? 'tu compra' : order(facts);
  return {
    subject: `Hay novedades sobre ${about}`,
    paragraphs: [`Tenemos novedades sobre ${about}${because(facts)}.`, 'Si tenés dudas, escribinos y te contamos.'],
  };
};

// A Map: a name like `constructor` must find nothing in it.
const TEMPLATES: ReadonlyMap<string, Template> = new Map([
  ['cart_item_out_of_stock', outOfStock],
  ['back_in_stock', backInStock],
  ['price_increase', priceIncrease],
  ['cart_item_removed', itemRemoved],
  ['order_cancelled_timeout', timedOut],
  ['payment_failed', paymentFailed],
  ['order_confirmed', confirmed],
  ['order_cancelled', cancelled],
  ['order_confirmation', received],
  ['checkout_paid', checkoutPaid],
  ['points_about_to_expire', pointsExpire],
]);

/** Reasons that programs give; a person's own words stand as they are. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['out_of_stock', 'no nos queda stock'],
  ['product_discontinued', 'dejó de venderse'],
  ['customer_request', 'así lo pediste'],
  ['refunded', 'te devolvimos el pago'],
  ['wrong_amount', 'el importe pagado no era el del pedido'],
  ['payment_timeout', 'no recibimos el pago a tiempo'],
  ['reservation_timeout', 'no recibimos el pago a tiempo'],
]);

function because({ said }: Facts): string {
  const reason = said('reason');
  if (reason === undefined) return '';
  const known = REASONS.get(reason);
  return known === undefined ? ` (motivo: ${reason})` : ` porque ${known}`;
}

const order = ({ said }: Facts): string => {
  const named = said('order_number', 'order_id');
  return named === undefined ? 'tu pedido' : `tu pedido ${named}`;
};

function product({ said }: Facts): string {
  const name = said('product_name', 'name', 'variant_id', 'product_id');
  return name === undefined ? 'el producto' : `el producto «${name}»`;
}

function total({ money }: Facts): string {
  const amount = money('total', 'total_amount');
  return amount === undefined ? '' : ` por ${amount}`;
}

/** `2026-12-31`, with or without an hour behind it, as `31/12/2026`; other words stand as they are. */
const calendarDay = (text: string): string => text.replace(/^(\d{4})-(\d\d)-(\d\d)(T.*)?$/, '$3/$2/$1');

function factsOf(data: Notice['data']): Facts {
  const member = (name: string): unknown => (Object.hasOwn(data, name) ? data[name] : undefined);
  const first = <T>(names: readonly string[], read: (value: unknown) => T | undefined): T | undefined => {
    for (const name of names) {
      const found = read(member(name));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const currency = wordOf(member('currency')) ?? 'ARS';
  return {
    said: (...names) => first(names, wordOf),
    counted: (name) => formatted(member(name), decimal),
    money: (...names) => first(names, (value) => formatted(value, (amount) => amountOf(amount, currency))),
  };
}

const formatted = (value: unknown, format: (value: number) => string): string | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? format(value) : undefined;

const amountOf = (value: number, currency: string): string =>
  currency.toUpperCase() === 'ARS' ? pesos(toCents(value)) : amountIn(currency, value);

const LONGEST = 300;

function wordOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = oneLine(String(value));
  if (text === '') return undefined;
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** What comes from outside stays one line: nothing of it can pass for a paragraph, or a header, of ours. */
const oneLine = (text: string): string => text.toWellFormed().replace(/[\s\p{Cc}]+/gu, ' ').trim();
