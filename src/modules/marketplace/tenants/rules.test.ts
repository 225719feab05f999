import assert from 'node:assert/strict';
import type { Tenant } from './read-model.ts';
import { announcementOf, applyChanges, defaultOrganization, isReservedOrganization } from './rules.ts';
import { tenantCreado } from './topics.ts';

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

describe('organizations', () => {
  it('of our own naming cannot be taken', () => {
    assert.ok(isReservedOrganization(defaultOrganization(7)));
    assert.ok(!isReservedOrganization('acme'));
  });
});

describe('announcementOf', () => {
  it('has the form of the topic, which has a valid example', () => {
    tenantCreado.schema.parse(announcementOf(tenant, new Date(0)));
    tenantCreado.schema.parse(tenantCreado.example);
  });
});
