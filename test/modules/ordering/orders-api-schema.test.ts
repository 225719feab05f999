import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { orderCreatedData, orderCreatedShape } from '../../../src/modules/ordering/orders-api/schemas.ts';
import * as topics from '../../../src/modules/ordering/orders-api/topics.ts';
import { documented } from './orders-api-messages.ts';

const document = JSON.parse(
  readFileSync(new URL('../../fixtures/contracts/amqp/orders-api/OrderCreatedEvent.schema.json', import.meta.url), 'utf8'),
) as { required: string[]; properties: Record<string, object> };
const ajv = new Ajv();
(addFormats as unknown as (ajv: Ajv) => void)(ajv);
const byDocument = ajv.compile(document);
const example = documented('OrderCreatedEvent').data;

const byZod = (data: unknown) => orderCreatedShape.safeParse(data).success;
const agrees = (data: unknown) => assert.equal(byZod(data), byDocument(data), JSON.stringify(data));

const hex = fc.stringMatching(/^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/);
const uuid = fc.oneof(hex, hex.map((id) => `urn:uuid:${id}`), fc.uuid(), fc.constantFrom('', 'order_456', 'a1b2c3d4e5f67890abcdef1234567890', '{a1b2c3d4-e5f6-7890-abcd-ef1234567890}'));
const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'));
const zone = fc.oneof(
  fc.constantFrom('Z', 'z', '', '+03', '+0300', ' Z', '-00:00', '+24:00', '+01:60'),
  fc.tuple(fc.constantFrom('+', '-'), fc.integer({ min: 0, max: 24 }), fc.constantFrom('00', '30', '59', '60')).map(([sign, h, m]) => `${sign}${String(h).padStart(2, '0')}:${m}`),
);
const moment = fc.oneof(
  fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }).map((date) => date.toISOString()),
  fc.tuple(fc.integer({ min: 1999, max: 2101 }), fc.integer({ min: 0, max: 13 }), fc.integer({ min: 0, max: 32 }), two, two, two, zone, fc.constantFrom('T', 't', ' ', '_', '')).map(
    ([y, mo, d, h, mi, s, z, t]) => `${y}-${String(mo).padStart(2, '0')}-${String(d).padStart(2, '0')}${t}${h}:${mi}:${s}${z}`,
  ),
  fc.constantFrom(
    '2024-02-29T00:00:00Z', '2025-02-29T00:00:00Z', '2100-02-29T00:00:00Z', '2000-02-29T23:59:59.999999Z', '2025-12-31T23:59:60Z',
    '2025-12-31T22:59:60Z', '2026-01-01T00:59:60+01:00', '2025-12-31T20:59:60-03:00', '2025-12-31T23:59:60+01:00', '2025-12-31T23:59:61Z',
    '2025-11-14T10:30:00', '2025-11-14', '10:30:00Z', '2025-11-14T10:30Z', '2025-11-14T10:30:00Z ', 'mañana',
  ),
);
const email = fc.oneof(
  fc.emailAddress(), fc.string(),
  fc.constantFrom(
    'ana@ejemplo.com', 'ana@localhost', 'ana@@x.com', '@x.com', 'ana@-x.com', 'ana@x-.com', 'a.b+c@x.co', 'a..b@x.com', '.a@x.com', 'a@x.com.',
    'ANA@EJEMPLO.COM', 'añá@ejemplo.com', '"ana"@x.com', 'ana@[127.0.0.1]',
  ),
);
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), fc.integer(), fc.constantFrom(0, -0, -0.01, 0.1));
const other = fc.constantFrom<unknown>(0, -1, '', 'x', '5', true, false, {}, [], [1]);
/** What each member may be put to; null only where the document requires a value, elsewhere it stands for none. */
const values: Record<string, fc.Arbitrary<unknown>> = {
  orderId: uuid, customerId: uuid,
  orderNumber: fc.oneof(fc.stringMatching(/^ORD-[0-9]{4}-[0-9]{6}$/), fc.constantFrom('ORD-2025-1234567', 'ord-2025-001234', 'ORD-2025-00123', 'xORD-2025-001234', 'ORD-2025-001234\n')),
  orderDate: moment,
  status: fc.constantFrom('Pending', 'pending', 'Paid', ''),
  currency: fc.string(),
  subtotal: number, tax: number, shipping: number, discount: number, totalAmount: number,
  items: fc.constantFrom<unknown>([], example['items'], [...(example['items'] as unknown[]), (example['items'] as unknown[])[0]]),
  shippingAddress: fc.constantFrom<unknown>(
    example['shippingAddress'], { recipientName: '', addressLine1: '', city: '', country: '' }, { recipientName: 'Ana', addressLine1: 'x', city: 'x' },
    { addressLine1: 'x', city: 'x', country: 'x' }, { recipientName: 'Ana', city: 'x', country: 'x' }, { recipientName: 'Ana', addressLine1: 'x', country: 'x' },
  ),
  customerEmail: email,
};
const ABSENT = Symbol('absent');
const member = (name: string) => {
  const required = document.required.includes(name);
  // The insides of items are the document's to leave open and ours to type, so an odd list of them is no common ground.
  const odd = name === 'items' ? fc.constantFrom<unknown>(0, 'x', true, {}) : required ? fc.oneof(other, fc.constant(null)) : other;
  return fc.oneof(
    { weight: 6, arbitrary: values[name] as fc.Arbitrary<unknown> },
    { weight: 2, arbitrary: odd },
    { weight: 1, arbitrary: fc.constant(ABSENT) },
  );
};
const put = (changes: Record<string, unknown>) =>
  Object.fromEntries(Object.entries({ ...example, ...changes }).filter(([, value]) => value !== ABSENT));

describe('OrderCreatedEvent in zod', () => {
  it("means what the document's JSON Schema means, one member at a time", () => {
    assert.deepEqual(Object.keys(values).sort(), Object.keys(document.properties).sort());
    for (const name of Object.keys(values)) {
      fc.assert(fc.property(member(name), (value) => agrees(put({ [name]: value }))), { numRuns: 300 });
    }
  });

  it('means it with several members at once, and with members that nobody named', () => {
    const changes = fc.record(Object.fromEntries(Object.keys(values).map((name) => [name, member(name)])), { requiredKeys: [] });
    fc.assert(fc.property(changes, fc.dictionary(fc.stringMatching(/^x[a-z]{1,8}$/), fc.jsonValue()), (changed, more) => agrees({ ...more, ...put(changed) })), { numRuns: 1000 });
  });

  it('takes nothing that the document would not, whatever the open parts are', () => {
    const item = fc.record({ productId: fc.oneof(fc.string(), other), quantity: fc.oneof(fc.integer(), other), unitPrice: fc.oneof(number, other), sku: fc.oneof(fc.string(), other) }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(fc.oneof(item, other)), fc.jsonValue(), fc.jsonValue(), (items, paymentMethod, billingAddress) => {
        const data = put({ items, paymentMethod, billingAddress });
        if (byZod(data)) assert.ok(byDocument(data));
      }),
      { numRuns: 500 },
    );
  });

  it('reads null as absent where a member is optional, and refuses text that Postgres cannot keep', () => {
    for (const name of ['currency', 'subtotal', 'tax', 'shipping', 'discount', 'billingAddress', 'paymentMethod', 'customerPhone', 'notes']) {
      assert.ok(byZod(put({ [name]: null })), name);
    }
    const same = (data: Record<string, unknown>) =>
      JSON.stringify(topics.orderCreated.content(topics.orderCreated.schema.parse({ ...documented('OrderCreatedEvent'), data })));
    assert.equal(same(put({ notes: null, tax: 15, paymentMethod: { type: 'Cash', cardBrand: null } })), same(put({ notes: ABSENT, paymentMethod: { type: 'Cash' } })));
    assert.equal(byZod(put({ notes: 'a\u0000b' })), false);
    assert.equal(byZod(put({ customerPhone: '\ud800' })), false);
  });

  it("takes the documents' own messages as they stand there, and its own examples", () => {
    assert.ok(orderCreatedData.safeParse(example).success);
    for (const topic of Object.values(topics)) {
      assert.ok(topic.schema.safeParse(documented(topic.name)).success, topic.name);
      const own = topic.schema.safeParse(topic.example);
      assert.ok(own.success, `${topic.name}: ${String(own.error)}`);
    }
  });

  it('parses what it has parsed to the same, so that what waits can be read again', () => {
    const once = topics.orderCreated.schema.parse(documented('OrderCreatedEvent'));
    assert.deepEqual(topics.orderCreated.schema.parse(once), once);
  });
});
