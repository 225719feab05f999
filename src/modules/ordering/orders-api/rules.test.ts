import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromCents } from '../../../kernel/money.ts';
import { lateBy, paymentMethodProblem, withoutNulls } from './rules.ts';
import { lineProblems, subtotalCents, sumProblems, type Sums } from './sums.ts';

const cents = fc.integer({ min: 0, max: 1_000_000_00 });
const line = fc.record({ quantity: fc.integer({ min: 1, max: 50 }), price: fc.integer({ min: 0, max: 100_000 }) });

/** An order that adds up; what is 0 may be left out, and so may the subtotal. */
const fitting = fc
  .record({ lines: fc.array(line, { minLength: 1, maxLength: 8 }), tax: cents, shipping: cents, part: fc.double({ min: 0, max: 1, noNaN: true }), silent: fc.boolean(), currency: fc.constantFrom('ARS', 'usd', undefined) })
  .map(({ lines, tax, shipping, part, silent, currency }): Sums => {
    const subtotal = lines.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
    const discount = Math.floor((subtotal + tax + shipping) * part);
    const amount = (value: number) => (value === 0 ? null : fromCents(value));
    return {
      currency, tax: amount(tax), shipping: amount(shipping), discount: amount(discount),
      ...(silent ? {} : { subtotal: fromCents(subtotal) }),
      totalAmount: fromCents(subtotal + tax + shipping - discount),
      items: lines.map(({ quantity, price }) => ({ quantity, unitPrice: fromCents(price), totalPrice: silent ? null : fromCents(price * quantity) })),
    };
  });

describe('the sums of OrderCreatedEvent', () => {
  it('hold to the cent for whatever was put together to fit', () => {
    fc.assert(fc.property(fitting, (sums) => {
      assert.deepEqual(sumProblems(sums), []);
      assert.deepEqual(lineProblems(sums), []);
    }));
  });

  it('do not hold a cent beside', () => {
    fc.assert(fc.property(fitting, fc.integer({ min: 1, max: 1000 }), (sums, off) => {
      const total = Math.round(sums.totalAmount * 100);
      assert.equal(sumProblems({ ...sums, totalAmount: fromCents(total + off) }).length, 1);
    }));
  });

  const item = { quantity: 2, unitPrice: 50, totalPrice: 100 };
  const given = (sums: Partial<Sums>): Sums => ({ totalAmount: 100, items: [item], ...sums });
  const cases: Array<[name: string, sums: Sums, problem?: RegExp]> = [
    ['the items are the subtotal where nobody said one', given({})],
    ['what is absent counts as nothing', given({ subtotal: 100 })],
    ['a price times its quantity where the line has no total', given({ items: [{ quantity: 2, unitPrice: 50 }] })],
    ['a line without a price is worth nothing', given({ totalAmount: 0, items: [{ quantity: 2 }] })],
    ['a subtotal that was said is the one that counts', given({ subtotal: 90, totalAmount: 90 })],
    ['0.1 + 0.2', given({ subtotal: 0.1, tax: 0.2, totalAmount: 0.3 })],
    ['a total that is too small', given({ totalAmount: 99.99 }), /da 100$/],
    ['a discount that nobody took off', given({ discount: 10 }), /da 90$/],
    ['half a cent', given({ tax: 0.005 }), /tax no es un importe/],
    ['more than money', given({ subtotal: 1e12, totalAmount: 1e12 }), /subtotal no es un importe/],
    ['a currency that is none', given({ currency: 'pesos' }), /currency/],
  ];
  for (const [name, sums, problem] of cases) {
    it(`${problem ? 'refuse' : 'take'} ${name}`, () => {
      const found = sumProblems(sums);
      if (problem) assert.match(found.join(), problem);
      else assert.deepEqual(found, []);
    });
  }

  it('tell lines that do not agree with themselves or with the subtotal', () => {
    const problems = lineProblems(given({ subtotal: 90, items: [{ quantity: 3, unitPrice: 33.33, totalPrice: 100 }] }));
    assert.deepEqual(problems, ['items.0: 3 × 33.33 no es 100', 'los items suman 100 y subtotal es 90']);
    assert.equal(subtotalCents(given({ subtotal: 90 })), 9000);
  });
});

describe('the rules of the Orders API', () => {
  it('take the ways to pay that are known, however they are spelled', () => {
    const cases: Array<[Parameters<typeof paymentMethodProblem>[0], string | undefined]> = [
      [undefined, undefined], [null, undefined],
      [{ type: 'CreditCard', lastFourDigits: '4242', cardBrand: 'Visa' }, undefined],
      [{ type: 'credit_card' }, undefined], [{ type: 'MERCADO PAGO', lastFourDigits: null }, undefined], [{ type: 'cash' }, undefined],
      [{ type: 'Barter' }, 'payment_method_not_supported'], [{ type: 'constructor' }, 'payment_method_not_supported'],
      [{}, 'payment_method_invalid'], [{ type: ' ' }, 'payment_method_invalid'],
      [{ type: 'DebitCard', lastFourDigits: '42424' }, 'payment_method_invalid'], [{ type: 'DebitCard', lastFourDigits: 'abcd' }, 'payment_method_invalid'],
    ];
    for (const [method, problem] of cases) assert.equal(paymentMethodProblem(method), problem, JSON.stringify(method));
  });

  it('call late what is older than five minutes', () => {
    const at = new Date('2026-11-29T10:00:00Z');
    const after = (ms: number) => lateBy(at, new Date(at.getTime() + ms));
    assert.deepEqual([after(-60_000), after(0), after(300_000), after(300_001)], [undefined, undefined, undefined, 300_001]);
  });

  it('leave nulls out wherever they stand', () => {
    assert.deepEqual(withoutNulls({ a: null, b: [{ c: null, d: 0 }], e: '' }), { b: [{ d: 0 }], e: '' });
  });
});
