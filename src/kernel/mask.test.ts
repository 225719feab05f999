import assert from 'node:assert/strict';
import fc from 'fast-check';
import { maskedJson } from './mask.ts';

describe('maskedJson', () => {
  it('hides personal data and secrets at any depth, whatever their type', () => {
    const value = {
      pedidoId: '1',
      cliente_nombre: 'Juan',
      lista: [{ email: 'a@b.c', direccion_fiscal: { calle: 'Corrientes', ciudad: 'CABA' } }],
      telefono: 1155,
      password: ['x'],
      'hub.secret': 's',
    };
    assert.deepEqual(JSON.parse(maskedJson(value)), {
      pedidoId: '1', cliente_nombre: '***', lista: [{ email: '***', direccion_fiscal: '***' }], telefono: '***', password: '***', 'hub.secret': '***',
    });
  });

  it('shows where there is nothing to hide', () => {
    assert.equal(maskedJson({ email: null, telefono: '', calle: undefined }), '{"email":null,"telefono":""}');
  });

  it('writes anything in one line', () => {
    assert.deepEqual([maskedJson(undefined), maskedJson(null), maskedJson('a\nb'), maskedJson(7)], ['undefined', 'null', '"a\\nb"', '7']);
    fc.assert(fc.property(fc.jsonValue(), (value) => assert.ok(!/[\n\r\u0000]/.test(maskedJson(value)))));
  });

  it('cuts what is long, and says how long it was', () => {
    assert.equal(maskedJson('x'.repeat(20), 10), '"xxxxxxxxx… (22 characters)');
    assert.ok(maskedJson({ a: 'x'.repeat(10_000) }).length < 2100);
  });

  it('survives what is nested deeper than recursion goes', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown;
    assert.equal(typeof maskedJson(deep), 'string');
  });
});
