import assert from 'node:assert/strict';
import fc from 'fast-check';
import { render } from './templates.ts';

/** What each says, of what the notices of that name carry. */
const SAID: Array<[name: string, data: Record<string, unknown>, subject: RegExp, text: RegExp]> = [
  ['cart_item_out_of_stock', { variant_id: 'v1', cart_id: 'c' }, /^Se agotó un producto/, /el producto «v1» que tenías en tu carrito/],
  ['back_in_stock', { variant_id: 'v1', warehouse_id: 'w' }, /^Volvió/, /el producto «v1»/],
  ['price_increase', { variant_id: 'v1', old_price: 100, new_price: 1120.5 }, /^Subió/, /Subió de \$\s100,00 a \$\s1\.120,50 el precio del producto «v1»/],
  ['cart_item_removed', { variant_id: 'v1', reason: 'product_discontinued' }, /^Sacamos/, /porque dejó de venderse/],
  ['order_cancelled_timeout', { order_number: 'ORD-1' }, /tu pedido ORD-1/, /no recibimos el pago a tiempo/],
  ['payment_failed', { order_number: 'ORD-1', reason: 'tarjeta vencida' }, /cobrar tu pedido ORD-1/, /\(motivo: tarjeta vencida\)/],
  ['payment_failed', { order_number: 'ORD-1', reason: null }, /cobrar/, /el pago de tu pedido ORD-1\./],
  ['order_confirmed', { order_number: 'ORD-1', total: 90.5, currency: 'USD' }, /^Confirmamos tu pedido ORD-1/, /por USD 90,50\./],
  ['order_cancelled', { order_number: 'ORD-1', reason: 'out_of_stock' }, /^Cancelamos tu pedido ORD-1/, /porque no nos queda stock/],
  ['order_confirmation', { order_id: 'order_456', total_amount: 10 }, /^Recibimos tu pedido order_456/, /por \$\s10,00/],
  ['checkout_paid', { order_id: 'f3d949cf' }, /^Tu pago/, /Tu orden f3d949cf fue pagada con éxito\./],
  ['points_about_to_expire', { points: 1200, expires_on: '2026-12-31' }, /puntos por vencer/, /1\.200 puntos tuyos vencen el 31\/12\/2026/],
  ['points_about_to_expire', {}, /puntos por vencer/, /Parte de tus puntos vence pronto/],
  ['something_new', { order_id: 12345 }, /novedades sobre tu pedido 12345/, /novedades/],
  ['constructor', {}, /novedades sobre tu compra/, /tu compra/],
];

describe('the words of a notice', () => {
  for (const [name, data, subject, text] of SAID) {
    it(`${name} ${JSON.stringify(data)}`, () => {
      const words = render({ name, data }, 'La Tienda');
      assert.match(words.subject, subject);
      assert.match(words.text, text);
      assert.match(words.subject, / · La Tienda$/);
      assert.match(words.text, /— La Tienda\n$/);
      assert.ok(words.text.includes(words.summary));
    });
  }

  it('are there whatever the notice lacks', () => {
    for (const [name] of SAID) {
      const { subject, text } = render({ name, data: {} }, 'X');
      assert.doesNotMatch(`${subject}${text}`, /undefined|null|NaN|\{|\}|  /, name);
    }
  });

  it('escape everything, stay on their line, and never fail', () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('<script>alert(1)</script>', '"><img src=x onerror=x>', 'a\r\nBcc: z@x.y', '\u2028'), fc.double(), fc.constant(null), fc.object());
    const names = fc.constantFrom(...SAID.map(([name]) => name));
    const members = fc.constantFrom('order_number', 'order_id', 'variant_id', 'reason', 'total', 'points', 'expires_on', 'currency', 'new_price', '__proto__');
    fc.assert(
      fc.property(names, fc.dictionary(members, value), fc.string({ unit: 'binary' }), (name, data, business) => {
        const { subject, text, html } = render({ name, data }, business);
        assert.doesNotMatch(subject, /[\r\n\p{Cc}\u2028]/u);
        const tags = html.match(/<[^>]*>/g) ?? [];
        assert.deepEqual(tags.filter((tag) => !/^<(!doctype html|html lang="es-AR"|meta charset="utf-8"|\/?(html|head|title|body|p))>$/.test(tag)), []);
        assert.equal((html.match(/<p>/g) ?? []).length, text.split('\n\n').length);
      }),
      { numRuns: 300 },
    );
  });
});
