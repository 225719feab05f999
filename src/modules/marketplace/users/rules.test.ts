import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Account, PlaceInLine } from './read-model.ts';
import { asciiJson, claimsOf, expiryOf, graceEnd, judgeRefresh, refuseEnded, refuseSuspended } from './rules.ts';

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
  it('become base64url without - or _, and come back through atob unchanged, whatever stands in any of them', () => {
    const text = fc.string({ unit: 'binary', maxLength: 24 });
    const accounts = fc.record({
      ...Object.fromEntries(Object.entries(account).map(([name, value]) => [name, fc.constant(value)])),
      nombre: text,
      email: text,
      tenantNombre: text,
      razonSocial: text,
    }) as fc.Arbitrary<Account>;
    const sellers = fc.array(fc.record({ comercio_id: fc.nat(), nombre: text }), { maxLength: 5 });
    fc.assert(
      fc.property(accounts, sellers, fc.uuid(), (of, names, sid) => {
        const claims = { ...claimsOf(of, names), sid };
        const encoded = Buffer.from(asciiJson(claims), 'latin1').toString('base64url');
        assert.doesNotMatch(encoded, /[-_]/);
        assert.deepEqual(JSON.parse(atob(encoded)), claims);
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

describe('refuseEnded', () => {
  it('answers 401 once the session ended, also where the tenant is suspended', () => {
    refuseEnded({ sesionTerminada: false, tenantEstado: 'activo' });
    assert.throws(() => refuseEnded({ sesionTerminada: false, tenantEstado: 'inactivo' }), { status: 403 });
    assert.throws(() => refuseEnded({ sesionTerminada: true, tenantEstado: 'inactivo' }), { status: 401 });
  });
});

describe('judgeRefresh', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  const at = (ms: number) => new Date(now.getTime() + ms);
  const unused: PlaceInLine = {
    numero: 3,
    sesionDesde: at(-1000),
    expiraEn: at(1000),
    revocadoEn: null,
    newest: { numero: 3, revocadoEn: null },
  };
  const used = { ...unused, newest: { numero: 4, revocadoEn: null } };

  it('gives the next for one not used yet, until it expires', () => {
    assert.equal(judgeRefresh(unused, now), 'next');
    assert.equal(judgeRefresh(unused, at(999)), 'next');
    assert.equal(judgeRefresh(unused, at(1000)), 'expired');
  });

  it('gives the newest for one used before, for a minute; after that it was stolen', () => {
    const grace = { ...used, expiraEn: at(86_400_000), revocadoEn: graceEnd(now) };
    assert.equal(judgeRefresh(grace, at(59_999)), 'newest');
    assert.equal(judgeRefresh(grace, at(60_000)), 'stolen');
    assert.equal(judgeRefresh({ ...grace, expiraEn: at(30_000) }, at(60_000)), 'stolen');
  });

  it('makes the next for one that the earlier release took in', () => {
    const revocadoEn = at(500);
    assert.equal(judgeRefresh({ ...unused, revocadoEn, newest: { numero: 3, revocadoEn } }, now), 'next');
  });
});

describe('expiryOf', () => {
  const DAY = 86_400_000;
  const day = (n: number) => new Date(n * DAY);
  it('is a week away, and never beyond the ninetieth day of the session', () => {
    assert.deepEqual(expiryOf(day(0), day(0)), day(7));
    assert.deepEqual(expiryOf(day(80), day(0)), day(87));
    assert.deepEqual(expiryOf(day(85), day(0)), day(90));
  });
});
