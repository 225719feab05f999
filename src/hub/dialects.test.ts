import assert from 'node:assert/strict';
import fc from 'fast-check';
import { payloadOf, readMessage, readVerification } from './dialects.ts';

const verification = (query: string) => readVerification(new URLSearchParams(query));

describe('readMessage', () => {
  const payload = { pedidoId: '1' };

  it('understands the four dialects', () => {
    const expected = { topic: 'pedido.creado', payload };
    assert.deepEqual(readMessage({ topic: 'pedido.creado', payload }, {}), expected);
    assert.deepEqual(readMessage({ topic: 'pedido.creado', data: payload }, {}), expected);
    assert.deepEqual(readMessage({ event: 'pedido.creado', data: payload }, {}), expected);
    assert.deepEqual(readMessage(payload, { 'x-topic': ' pedido.creado ' }), expected);
  });

  it('takes the topic of a whole wrapper before the header, and the header before half a wrapper', () => {
    assert.equal(readMessage({ topic: 'a', payload }, { 'x-topic': 'b' }).topic, 'a');
    assert.deepEqual(readMessage({ topic: 'a', other: 1 }, { 'x-topic': 'b' }), { topic: 'b', payload: { topic: 'a', other: 1 } });
  });

  it('prefers payload to data, and topic to event', () => {
    assert.deepEqual(readMessage({ topic: 'a', event: 'b', payload, data: {} }, {}), { topic: 'a', payload });
  });

  it('keeps the body whole when a member is missing or not an object', () => {
    for (const body of [{ topic: 'a' }, { topic: 'a', payload: 'text' }, { topic: 'a', payload: null }, { topic: 'a', payload: [] }]) {
      assert.deepEqual(readMessage(body, {}), { topic: 'a', payload: body });
    }
    for (const body of [null, 1, 'x', [], {}, { topic: 1, payload }, { topic: '', x: 1 }]) {
      assert.deepEqual(readMessage(body, {}), { topic: '(sin tema)', payload: body });
    }
  });

  it('reads a kept body as it was read when it came', () => {
    const json = fc.dictionary(fc.constantFrom('topic', 'event', 'payload', 'data', 'pedidoId'), fc.jsonValue());
    fc.assert(
      fc.property(json, (body) => {
        const raw = JSON.stringify(body);
        assert.deepEqual(payloadOf(raw), readMessage(JSON.parse(raw), { 'x-topic': 't' }).payload);
      }),
    );
  });
});

describe('readVerification', () => {
  const expected = { mode: 'subscribe', topic: 'a', challenge: 'x' };

  it('reads both dialects, in any order, the first of duplicates', () => {
    for (const query of ['topic=a&challenge=x', 'challenge=x&topic=a&topic=b', 'hub.challenge=x&hub.topic=a', 'hub.mode=subscribe&hub.topic=a&hub.challenge=x']) {
      assert.deepEqual(verification(query), expected, query);
    }
  });

  it('decodes any challenge that was encoded', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (challenge) => {
        assert.equal(verification(String(new URLSearchParams({ topic: 'a', challenge })))?.challenge, challenge);
        assert.equal(verification(`hub.topic=a&hub.challenge=${encodeURIComponent(challenge)}`)?.challenge, challenge);
      }),
    );
  });

  it('needs a topic, and a challenge unless the hub denies', () => {
    for (const query of ['', 'topic=a', 'challenge=x', 'topic=&challenge=x', 'hub.mode=denied']) assert.equal(verification(query), undefined, query);
    assert.deepEqual(verification('hub.mode=denied&hub.topic=a'), { mode: 'denied', topic: 'a', challenge: '' });
    assert.equal(verification('hub.mode=unsubscribe&hub.topic=a&hub.challenge=x')?.mode, 'unsubscribe');
  });
});
