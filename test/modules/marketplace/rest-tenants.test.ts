import assert from 'node:assert/strict';
import { addSeller, addUser, openRestApp, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

describe('REST: tenants', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  before(async () => {
    app = await openRestApp({ DEFAULT_PREPARATION: 'automatica' });
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
  });
  after(() => app.close());

  const change = (body: object, status: number) =>
    app.agent.patch(`/api/tenants/${admin.tenantId}`).set(admin.auth).send(body).expect(status);

  it('shows an admin its own tenant and no other', async () => {
    const { body } = await app.agent.get('/api/tenants?page=x').set(admin.auth).expect(200);
    assert.deepEqual(body.pagination, { totalItems: 1, totalPages: 1, currentPage: 1 });
    assert.equal(body.data.length, 1);
    assert.equal(body.data[0].tenant_id, admin.tenantId);
    assert.equal(body.data[0].preparacion, 'automatica');
    assert.equal(body.data[0].organization_id, `org_${admin.tenantId}`);
    assert.match(body.data[0].fecha_registro, /^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('changes the fields given and answers the whole tenant', async () => {
    const { body } = await change({ telefono: '111', preparacion: 'manual', sitio_web: '', calle: 'Nueva' }, 200);
    assert.equal(body.telefono, '111');
    assert.equal(body.preparacion, 'manual');
    assert.equal(body.sitio_web, null);
    assert.equal(body.calle, 'Nueva');
    assert.equal(body.nombre, 'Mi Negocio');
    assert.equal(body.estado, 'activo');
  });

  it('refuses nothing to change, unknown fields alone, and bad values', async () => {
    for (const body of [
      {},
      { estado: 'inactivo' },
      { tenant_id: 9 },
      { nombre: '' },
      { preparacion: 'nunca' },
      { email: 'x' },
      { nombre: null },
    ]) {
      await change(body, 400);
    }
  });

  it('is for admins, and for their own tenant', async () => {
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
    await app.agent.get('/api/tenants').set(operator.auth).expect(403);
    await app.agent.patch(`/api/tenants/${admin.tenantId}`).set(operator.auth).send({ telefono: '1' }).expect(403);
    await app.agent.patch(`/api/tenants/${admin.tenantId}`).set(other.auth).send({ telefono: '1' }).expect(403);
    await app.agent.patch('/api/tenants/999999').set(admin.auth).send({ telefono: '1' }).expect(404);
    await app.agent.patch('/api/tenants/x').set(admin.auth).send({ telefono: '1' }).expect(400);
  });
});
