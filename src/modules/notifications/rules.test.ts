import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  DELIVERY_STATES, deliveryId, isAddress, maskedAddress, messageIdOf, stateOf, waitAfter, withoutRecipient, type DeliveryState,
} from './rules.ts';

describe('how a notice stands', () => {
  const table: Array<[DeliveryState[], DeliveryState]> = [
    [[], 'kept'],
    [['undeliverable'], 'undeliverable'],
    [['undeliverable', 'sent'], 'sent'],
    [['failed', 'kept'], 'kept'],
    [['failed', 'undeliverable'], 'failed'],
    [['sent', 'pending'], 'pending'],
  ];
  for (const [states, state] of table) {
    it(`[${states.join()}] is ${state}`, () => assert.equal(stateOf(states.map((one) => ({ state: one }))), state));
  }

  it('is one of its deliveries, in whatever order they are', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...DELIVERY_STATES), { minLength: 1 }), (states) => {
        const deliveries = states.map((state) => ({ state }));
        const state = stateOf(deliveries);
        assert.ok(states.includes(state));
        assert.equal(stateOf([...deliveries].reverse()), state);
      }),
    );
  });
});

describe('a recipient that is put off', () => {
  it('is left alone longer each time, and given up after about a day', () => {
    const waits = [];
    for (let attempts = 1; ; attempts += 1) {
      const wait = waitAfter(attempts);
      if (wait === undefined) break;
      waits.push(wait);
    }
    assert.deepEqual(waits.slice(0, 3), [1000, 2000, 4000]);
    assert.deepEqual(waits, [...waits].sort((a, b) => a - b));
    const hours = waits.reduce((sum, wait) => sum + wait, 0) / 3_600_000;
    assert.ok(hours > 20 && hours < 28, `${hours} h`);
  });
});

describe('the id of a delivery', () => {
  const one = { tenantId: 1, customerId: 'c', name: 'n', about: 'a', channel: 'email' as const };

  it('is the same for every try and another for everything else', () => {
    assert.equal(deliveryId(one), deliveryId({ ...one }));
    const others = [{ ...one, tenantId: 2 }, { ...one, customerId: 'cn', name: '' }, { ...one, about: 'b' }, { ...one, channel: 'push' as const }];
    assert.equal(new Set([one, ...others].map(deliveryId)).size, 5);
    assert.match(messageIdOf(one, 'avisos@tienda.example'), /^<[0-9a-f]{40}@tienda\.example>$/);
  });
});

describe('an address', () => {
  for (const good of ['ana@ejemplo.com', "a.b+c'd@sub.ejemplo.com.ar", 'ana@ñandú.example', 'root@localhost']) {
    it(`${good} is one`, () => assert.ok(isAddress(good)));
  }
  for (const bad of ['', 'ana', '@x.y', 'a@', 'a@b@c', 'a@b, c@d', 'a@b;c', 'Ana <a@b>', 'a@b\r\nBcc: c@d', 'ñ@b.c', `${'a'.repeat(250)}@b.cd`, ' a@b.c']) {
    it(`${JSON.stringify(bad.slice(0, 30))} is none`, () => assert.ok(!isAddress(bad)));
  }

  it('is not shown whole in what a log says', () => {
    assert.equal(maskedAddress('ana@ejemplo.com'), 'a***@ejemplo.com');
    assert.equal(withoutRecipient('550 <Ana@Ejemplo.com> unknown', 'ana@ejemplo.com', 'email'), '550 <A***@Ejemplo.com> unknown');
    assert.equal(withoutRecipient('no token-abcd', 'token-abcd', 'push'), 'no ***abcd');
  });
});
