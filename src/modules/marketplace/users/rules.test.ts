import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Account } from './read-model.ts';
import { asciiJson, claimsOf, refuseSuspended } from './rules.ts';

const account: Account = {
  usuarioId: 1,
  tenantId: 2,
  nombre: 'Ana',
  email: 'a@b.c',
  rol: 'operador',
  tenantNombre: 'T',
  razonSocial: 'T S.A.',
  tenantEstado: 'activo',
  comercios: [],
};

describe('claims', () => {
  it('become base64url without - or _, and come back through atob unchanged, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (nombre) => {
        const encoded = Buffer.from(asciiJson({ nombre }), 'latin1').toString('base64url');
        assert.doesNotMatch(encoded, /[-_]/);
        assert.deepEqual(JSON.parse(atob(encoded)), { nombre });
      }),
    );
  });

  it('stay short enough for a header: names are cut before sellers are left out', () => {
    const sellers = (count: number) =>
      Array.from({ length: count }, (_, n) => ({ comercio_id: 100_000 + n, nombre: '😀'.repeat(50) }));
    const claims = (count: number) =>
      claimsOf(account, sellers(count)) as { comercios: Array<{ comercio_id: number; nombre: string }> };
    assert.equal(claims(3).comercios[0]?.nombre.length, 100);
    assert.equal(claims(100).comercios.length, 100);
    for (const count of [3, 30, 100, 1000]) assert.ok(asciiJson(claims(count)).length <= 9000);
  });
});

describe('refuseSuspended', () => {
  it('lets an active tenant pass and answers 403 to another', () => {
    refuseSuspended({ tenantEstado: 'activo' });
    assert.throws(() => refuseSuspended({ tenantEstado: 'inactivo' }), { status: 403 });
  });
});
