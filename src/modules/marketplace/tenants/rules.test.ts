import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Tenant } from './read-model.ts';
import {
  announcementOf,
  applyChanges,
  changesBetween,
  defaultOrganization,
  differs,
  namesakeOf,
  saying,
  withFlatAddress,
} from './rules.ts';
import { tenantActualizado, tenantCreado } from './topics.ts';

const tenant: Tenant = {
  tenant_id: 1,
  organization_id: 'org_1',
  nombre: 'Mi Negocio',
  razon_social: 'S.A.',
  cuenta_bancaria: '1',
  estado: 'activo',
  preparacion: 'manual',
  fecha_registro: new Date(0),
  fecha_actualizacion: new Date(0),
  email: 'a@b.c',
  telefono: '1',
  calle: 'Florida',
  numero: '10',
  ciudad: 'Rosario',
  provincia: 'Santa Fe',
  codigo_postal: '2000',
  lat: -32.9,
  lon: -60.6,
  sitio_web: 'https://x',
  instagram: null,
};

describe('applyChanges', () => {
  it('changes what is given, null included, and keeps the rest', () => {
    const changed = applyChanges(tenant, { telefono: '2', sitio_web: null, nombre: undefined });
    assert.deepEqual(changed, { ...tenant, telefono: '2', sitio_web: null });
  });

  it('forgets the place only when the address differs', () => {
    assert.equal(applyChanges(tenant, { calle: 'Florida' }).lat, tenant.lat);
    assert.equal(applyChanges(tenant, { numero: '11' }).lat, null);
  });
});

describe('withFlatAddress', () => {
  it('brings the parts of either object to the top, where those that stand there already win', () => {
    const direccion_fiscal = { calle: 'A', numero: '1', lat: -34.6, tenant_id: 9 };
    assert.deepEqual(withFlatAddress({ nombre: 'x', direccion_fiscal }), { nombre: 'x', calle: 'A', numero: '1' });
    const both = { numero: '3', ubicacion: { numero: '2', ciudad: 'B' }, direccion_fiscal };
    assert.deepEqual(withFlatAddress(both), { calle: 'A', numero: '3', ciudad: 'B' });
  });

  it('leaves what is wrong to be refused, whatever it is', () => {
    assert.deepEqual(withFlatAddress({ ubicacion: 'x', direccion_fiscal: null }), { ubicacion: 'x' });
    fc.assert(fc.property(fc.anything(), (input) => void withFlatAddress(input)));
  });
});

describe('changesBetween', () => {
  it('has what changed and nothing else, the address as ubicacion with the changed parts only', () => {
    const after = { ...tenant, telefono: '2', sitio_web: null, calle: 'Córdoba', lat: -33 };
    const cambios = changesBetween(tenant, after);
    assert.deepEqual(cambios, { telefono: '2', sitio_web: null, ubicacion: { calle: 'Córdoba', lat: -33 } });
  });

  it('is nothing when nothing changed that the hub knows of', () => {
    assert.equal(changesBetween(tenant, { ...tenant }), undefined);
    const own: Tenant = { ...tenant, preparacion: 'automatica', organization_id: 'acme' };
    assert.equal(changesBetween(tenant, own), undefined);
    assert.ok(differs(tenant, own));
    assert.ok(!differs(tenant, { ...tenant, fecha_actualizacion: new Date(9) }));
  });

  it('makes of what was announced before exactly what would be announced now, for any change', () => {
    const value = fc.option(fc.string({ minLength: 1, maxLength: 3 }), { nil: undefined });
    const coordinate = fc.option(fc.double({ min: -90, max: 90, noNaN: true }));
    const changes = fc.record({
      ...{ nombre: value, razon_social: value, email: value, telefono: value, sitio_web: value, instagram: value },
      ...{ calle: value, ciudad: value, codigo_postal: value },
    });
    fc.assert(
      fc.property(changes, coordinate, (given, lat) => {
        const after = { ...applyChanges(tenant, given), lat };
        const { ubicacion, ...cambios } = changesBetween(tenant, after) ?? {};
        const before = announcementOf(tenant, new Date(0));
        const direccion_fiscal = { ...before.direccion_fiscal, ...ubicacion };
        assert.deepEqual({ ...before, ...cambios, direccion_fiscal }, announcementOf(after, new Date(0)));
      }),
    );
  });
});

describe('what is said of an address', () => {
  it('mentions one that was not found', () => {
    assert.equal(saying('Hecho.', { lat: 0 }), 'Hecho.');
    assert.match(saying('Hecho.', { lat: null }), /^Hecho\. No pudimos ubicar la dirección/);
  });
});

describe('organizations', () => {
  it('of our own naming say whose they are', () => {
    assert.equal(namesakeOf(defaultOrganization(7)), 7);
    for (const other of ['acme', 'org_', 'org_x', 'org_0', 'org_99999999999']) assert.equal(namesakeOf(other), undefined);
  });
});

describe('announcementOf', () => {
  it('has the form of the topic, which has a valid example', () => {
    tenantCreado.schema.parse(announcementOf(tenant, new Date(0)));
    tenantCreado.schema.parse(tenantCreado.example);
    tenantActualizado.schema.parse(tenantActualizado.example);
  });
});
