import assert from 'node:assert/strict';
import { createOfflineLocator, type Address, type Place } from '../../../src/kernel/geocoding/index.ts';
import {
  addSeller,
  addUser,
  openRestApp,
  registration,
  registerTenant,
  type RestApp,
  type SignedIn,
} from './rest-support.ts';

const CORRIENTES_1234 = { lat: -34.6037, lon: -58.3816 };
const ROSARIO = { lat: -32.9468, lon: -60.6393 };

describe('REST: tenants', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  const located: Address[] = [];
  /** Runs while an address is being located. */
  let meanwhile: () => Promise<unknown> = async () => undefined;

  before(async () => {
    const offline = createOfflineLocator();
    const locate = async (address: Address): Promise<Place | undefined> => {
      located.push(address);
      await meanwhile();
      return offline.locate(address);
    };
    app = await openRestApp({ DEFAULT_PREPARATION: 'automatica' }, { geocoder: { locate } });
  });
  beforeEach(async () => {
    meanwhile = async () => undefined;
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
    located.length = 0;
  });
  after(() => app.close());

  const change = (body: object, status = 200, who = admin) =>
    app.agent.patch(`/api/tenants/${admin.tenantId}`).set(who.auth).send(body).expect(status);
  const remove = (status = 200, who = admin, tenantId = admin.tenantId) =>
    app.agent.delete(`/api/tenants/${tenantId}`).set(who.auth).expect(status);
  const register = (fields: object, status = 201) =>
    app.agent.post('/api/auth/register-tenant').send(registration({ ...fields })).expect(status);
  const tenantOf = async (who = admin) =>
    (await app.agent.get('/api/tenants').set(who.auth).expect(200)).body.data[0] as Record<string, unknown>;
  const announced = async (topic: string, { tenantId } = admin) =>
    (await app.published(topic)).map(({ payload }) => payload).filter((payload) => payload['tenant_id'] === tenantId);
  const inDatabase = <Row extends object>(sql: string, values: unknown[]) =>
    app.deps.database.transaction('system', (trx) => trx.rows<Row>(sql, values));

  describe('registration', () => {
    it('locates the address, stores it and announces it', async () => {
      const { lat, lon } = await tenantOf();
      assert.deepEqual({ lat, lon }, CORRIENTES_1234);
      const [payload] = await announced('tenant.creado');
      const { direccion_fiscal } = payload as { direccion_fiscal: object };
      const { calle, numero, ciudad, provincia, codigo_postal } = registration();
      assert.deepEqual(direccion_fiscal, { calle, numero, ciudad, provincia, codigo_postal, ...CORRIENTES_1234 });
    });

    it('stores an address that nobody finds without coordinates, and says so', async () => {
      const { body } = await register({ ciudad: 'Ninguna Parte', provincia: 'Chaco' });
      assert.match(body.message, /No pudimos ubicar la dirección/);
      const auth = { Authorization: `Bearer ${body.accessToken}` };
      const { lat, lon } = await tenantOf({ ...admin, auth });
      assert.deepEqual({ lat, lon }, { lat: null, lon: null });
      const found = await register({});
      assert.doesNotMatch(found.body.message, /ubicar/);
    });

    it('takes the address inside ubicacion or direccion_fiscal as well', async () => {
      const { calle, numero, ciudad, provincia, codigo_postal } = registration();
      const none = undefined; // leaves a member of the registration out
      const flat = { calle: none, numero: none, ciudad: none, provincia: none, codigo_postal: none };
      for (const member of ['ubicacion', 'direccion_fiscal']) {
        await register({ ...flat, [member]: { calle, numero, ciudad, provincia, codigo_postal } });
      }
      const { body } = await register({ ...flat, ubicacion: { calle } }, 400);
      const missing = ['ciudad', 'codigo_postal', 'numero', 'provincia'].map((part) => `${part}: es obligatorio.`);
      assert.deepEqual(body.errores.sort(), missing);
      await register({ ...flat, ubicacion: 'acá' }, 400);
    });

    it('asks nobody about the address while a transaction is open', async () => {
      let open: object[] | undefined;
      meanwhile = async () => {
        open = await inDatabase(
          `SELECT state, query FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'`,
          [],
        );
      };
      await register({});
      assert.deepEqual(open, []);
      open = undefined;
      await change({ ciudad: 'Rosario', provincia: 'Santa Fe' });
      assert.deepEqual(open, []);
    });

    it('improvement 26: announces nothing of what was not committed', async () => {
      const before = (await app.published('tenant.creado')).length;
      await register({ email: admin.email }, 409);
      await register({ organization_id: `org_${other.tenantId}` }, 400);
      assert.equal((await app.published('tenant.creado')).length, before);
      const [{ count } = { count: 0 }] = await inDatabase<{ count: number }>('SELECT count(*)::int FROM tenants', []);
      assert.equal(count, before);
    });
  });

  describe('GET /tenants', () => {
    it('improvement 2: shows an admin its own tenant and no other', async () => {
      const { body } = await app.agent.get('/api/tenants').set(admin.auth).expect(200);
      assert.deepEqual(body.pagination, { totalItems: 1, totalPages: 1, currentPage: 1 });
      assert.equal(body.data.length, 1);
      const [tenant] = body.data;
      assert.equal(tenant.tenant_id, admin.tenantId);
      assert.equal(tenant.preparacion, 'automatica');
      assert.equal(tenant.organization_id, `org_${admin.tenantId}`);
      assert.equal(typeof tenant.lat, 'number');
      assert.ok(!JSON.stringify(body).includes(other.email));
    });

    it('improvement 2: shows operators nothing of it', async () => {
      const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
      await app.agent.get('/api/tenants').set(operator.auth).expect(403);
      await app.agent.get('/api/tenants').expect(401);
    });

    it('takes a page or size that makes no sense for the default', async () => {
      const bad = ['page=x', 'page=0', 'page=-1', 'page=1.5', 'page=99999999999999999', 'page=1&page=2', 'page[a]=1'];
      for (const query of [...bad, 'size=0&page=', 'size=x']) {
        const { body } = await app.agent.get(`/api/tenants?${query}`).set(admin.auth).expect(200);
        assert.equal(body.pagination.currentPage, 1, query);
        assert.equal(body.data.length, 1, query);
      }
      const { body } = await app.agent.get('/api/tenants?page=2&size=5').set(admin.auth).expect(200);
      assert.deepEqual(body, { data: [], pagination: { totalItems: 1, totalPages: 1, currentPage: 2 } });
    });

    it('improvement 18: gives moments in UTC, whatever the time zone of the server', async () => {
      const { fecha_registro } = await tenantOf();
      assert.equal(fecha_registro, new Date(fecha_registro as string).toISOString());
      assert.ok(Math.abs(Date.parse(fecha_registro) - app.time.now.getTime()) < 1000);
    });
  });

  describe('PATCH /tenants/:tenantId', () => {
    it('improvement 19: answers the whole tenant and announces only what changed', async () => {
      const { body } = await change({ telefono: '111', nombre: 'Mi Negocio', sitio_web: '' });
      const { message, ...answered } = body;
      assert.deepEqual(answered, await tenantOf());
      assert.equal(message, 'Cambios guardados.');
      assert.deepEqual([body.telefono, body.sitio_web, body.nombre], ['111', null, 'Mi Negocio']);
      const [payload, more] = await announced('tenant.actualizado');
      const { timestamp, ...rest } = payload as Record<string, unknown>;
      assert.deepEqual(rest, { tenant_id: admin.tenantId, cambios: { telefono: '111' } });
      assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      assert.equal(more, undefined);
      assert.deepEqual(located, []);
    });

    it('improvement 19: refuses nothing to change, unknown fields alone, and bad values', async () => {
      const bad: object[] = [
        {}, { estado: 'inactivo' }, { tenant_id: 9 }, { nombre: '' }, { preparacion: 'nunca' }, { email: 'x' },
        { nombre: null }, { ubicacion: {} }, { ubicacion: null }, { ubicacion: [] }, { direccion_fiscal: 'acá' },
        { ubicacion: { calle: '' } }, { organization_id: '' }, { organization_id: null }, { ubicacion: { otra: 1 } },
      ];
      for (const body of bad) await change(body, 400);
      assert.deepEqual(await announced('tenant.actualizado'), []);
    });

    it('improvement 19: announces nothing when nothing changed in fact', async () => {
      const before = await tenantOf();
      const { calle, nombre, email, preparacion, sitio_web } = before;
      app.time.now = new Date(app.time.now.getTime() + 1000);
      const { body } = await change({ nombre, email, preparacion, sitio_web, ubicacion: { calle } });
      assert.equal(body.fecha_actualizacion, before['fecha_actualizacion']);
      assert.deepEqual(await announced('tenant.actualizado'), []);
      assert.deepEqual(located, []);
    });

    it('improvement 6: takes a fixed set of fields, and no coordinates from outside', async () => {
      const before = await tenantOf();
      const body = {
        telefono: '222',
        ...{ lat: 1, lon: 2, ubicacion: { lat: 3, lon: 4 }, tenant_id: other.tenantId, eliminado_en: 'now()' },
        "estado = 'inactivo', nombre": 'x',
        'nombre" = (SELECT email FROM users LIMIT 1) --': 'x',
        ['__proto__']: { nombre: 'x' },
      };
      await change(body);
      const after = await tenantOf();
      assert.deepEqual({ ...after, fecha_actualizacion: 0 }, { ...before, telefono: '222', fecha_actualizacion: 0 });
    });

    it('locates a new address and publishes the changed parts of it', async () => {
      const moved = { calle: 'Córdoba', ciudad: 'Rosario', provincia: 'Santa Fe' };
      const { body } = await change({ ...moved, codigo_postal: '1043' });
      assert.deepEqual({ lat: body.lat, lon: body.lon }, ROSARIO);
      const [payload] = await announced('tenant.actualizado');
      assert.deepEqual(payload?.['cambios'], {
        ubicacion: { ...moved, ...ROSARIO },
      });
      await change({ ubicacion: { numero: '99' } });
      assert.deepEqual((await announced('tenant.actualizado')).at(-1)?.['cambios'], { ubicacion: { numero: '99' } });
      assert.equal(located.length, 2);
    });

    it('takes ubicacion and direccion_fiscal for the address, what stands outside first', async () => {
      const ubicacion = { calle: 'A', numero: '1' };
      const { body } = await change({ ubicacion, direccion_fiscal: { calle: 'B', codigo_postal: '9' }, numero: '2' });
      assert.deepEqual([body.calle, body.numero, body.codigo_postal], ['A', '2', '9']);
    });

    it('stores a new address that nobody finds without coordinates, and says so', async () => {
      const { body } = await change({ ciudad: 'Ninguna Parte' });
      assert.deepEqual([body.lat, body.lon, body.ciudad], [null, null, 'Ninguna Parte']);
      assert.match(body.message, /No pudimos ubicar la dirección/);
      const [payload] = await announced('tenant.actualizado');
      assert.deepEqual(payload?.['cambios'], { ubicacion: { ciudad: 'Ninguna Parte', lat: null, lon: null } });
    });

    it('locates what came of two changes at once', async () => {
      meanwhile = async () => {
        meanwhile = async () => undefined;
        await change({ ciudad: 'Rosario', provincia: 'Santa Fe' });
      };
      const { body } = await change({ calle: 'Mitre' });
      assert.deepEqual([body.calle, body.ciudad, body.lat, body.lon], ['Mitre', 'Rosario', ROSARIO.lat, ROSARIO.lon]);
      const changes = (await announced('tenant.actualizado')).map((payload) => payload['cambios']);
      assert.deepEqual(changes, [
        { ubicacion: { ciudad: 'Rosario', provincia: 'Santa Fe', ...ROSARIO } },
        { ubicacion: { calle: 'Mitre' } },
      ]);
    });

    it("changes the tenant's contact and not the admin's login", async () => {
      const email = `contacto${admin.tenantId}@ejemplo.com`;
      assert.equal((await change({ email })).body.email, email);
      await app.agent.post('/api/auth/login').send({ email: admin.email, password: 'secreto1' }).expect(200);
      await app.agent.post('/api/auth/login').send({ email, password: 'secreto1' }).expect(401);
      assert.deepEqual((await announced('tenant.actualizado'))[0]?.['cambios'], { email });
    });

    it('changes preparacion and organization_id, of which the hub knows nothing', async () => {
      const organization_id = `acme-${admin.tenantId}`;
      const { body } = await change({ preparacion: 'manual', organization_id });
      assert.deepEqual([body.preparacion, body.organization_id], ['manual', organization_id]);
      assert.deepEqual(await announced('tenant.actualizado'), []);
      const { body: refused } = await app.agent
        .patch(`/api/tenants/${other.tenantId}`)
        .set(other.auth)
        .send({ organization_id, telefono: '333' })
        .expect(409);
      assert.equal(refused.code, 'organization_taken');
      assert.notEqual((await tenantOf(other))['telefono'], '333');
      const ofOther = await announced('tenant.actualizado', other);
      assert.deepEqual(ofOther, [], 'improvement 26: nothing of what was rolled back');
      for (const reserved of [`org_${other.tenantId}`, `ORG_${other.tenantId}`]) {
        await change({ organization_id: reserved }, 400);
      }
      const given = `org_${admin.tenantId}`;
      assert.equal((await change({ organization_id: given })).body.organization_id, given);
    });

    it('improvement 3: is for admins, and for their own tenant', async () => {
      const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
      await change({ telefono: '1' }, 403, operator);
      await change({ telefono: '1' }, 403, other);
      const patch = (id: string) => app.agent.patch(`/api/tenants/${id}`).set(admin.auth).send({ telefono: '1' });
      await patch('2147483647').expect(404);
      await patch('x').expect(400);
      await patch('99999999999').expect(400);
      await app.agent.patch(`/api/tenants/${admin.tenantId}`).send({ telefono: '1' }).expect(401);
      assert.notEqual((await tenantOf())['telefono'], '1');
    });
  });

  describe('POST /tenants', () => {
    it('improvement 3: is for a role that nobody has', async () => {
      const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
      const { nombre_usuario: _name, password: _password, ...tenant } = registration();
      for (const body of [tenant, {}, 'x']) {
        for (const { auth } of [admin, operator]) {
          const { body: answer } = await app.agent.post('/api/tenants').set(auth).send(body).expect(403);
          assert.match(answer.message, /superadministrador/);
        }
        await app.agent.post('/api/tenants').send(body).expect(401);
      }
    });
  });

  describe('DELETE /tenants/:tenantId', () => {
    const loginAs = (email: string) => app.agent.post('/api/auth/login').send({ email, password: 'secreto1' });

    it('improvement 3: is for admins, and for their own tenant', async () => {
      const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
      await remove(403, operator);
      await remove(403, other);
      await remove(404, admin, 2147483647);
      await app.agent.delete('/api/tenants/x').set(admin.auth).expect(400);
      await app.agent.delete(`/api/tenants/${admin.tenantId}`).expect(401);
      assert.equal((await tenantOf())['estado'], 'activo');
      assert.deepEqual(await announced('tenant.eliminado'), []);
    });

    it('closes the tenant, and announces it once', async () => {
      const { body } = await remove();
      assert.deepEqual(body, { success: true, message: 'El negocio se dio de baja.', tenant_id: admin.tenantId });
      const [payload, more] = await announced('tenant.eliminado');
      assert.deepEqual({ ...payload, timestamp: 0 }, { tenant_id: admin.tenantId, nombre: 'Mi Negocio', timestamp: 0 });
      assert.equal(more, undefined);
      const [row] = await inDatabase<{ estado: string; gone: boolean }>(
        'SELECT estado, eliminado_en IS NOT NULL AS gone FROM tenants WHERE tenant_id = $1', [admin.tenantId],
      );
      assert.deepEqual(row, { estado: 'inactivo', gone: true }, 'it stays, for the reports');
      // Whoever asks for it hears that it is not there.
      await remove(404, other);
      await change({ telefono: '1' }, 404, other);
      await tenantOf(other);
    });

    it('improvement 8: ends every session and login of its users at once', async () => {
      const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
      await remove();
      for (const user of [admin, operator]) {
        await app.agent.get('/api/tenants').set(user.auth).expect(401);
        await app.agent.get('/api/sellers').set(user.auth).expect(401);
        await app.agent.post('/api/auth/refresh').send({ refreshToken: user.refreshToken }).expect(401);
      }
      await remove(401);
      await loginAs(admin.email).expect(401);
      const [{ live } = { live: -1 }] = await inDatabase<{ live: number }>(
        `SELECT count(*)::int AS live FROM refresh_tokens
         WHERE tenant_id = $1 AND (revocado_en IS NULL OR revocado_en > $2)`,
        [admin.tenantId, app.time.now],
      );
      assert.equal(live, 0);
    });

    it('frees the addresses of its users', async () => {
      await remove();
      const again = await registerTenant(app, { email: admin.email });
      assert.notEqual(again.tenantId, admin.tenantId);
      const { body } = await loginAs(admin.email).expect(200);
      assert.equal(body.tenant_id, again.tenantId);
    });

    it('succeeds once, however many ask at the same moment', async () => {
      const statuses = await Promise.all(
        Array.from({ length: 6 }, async () => {
          const { status } = await app.agent.delete(`/api/tenants/${admin.tenantId}`).set(admin.auth);
          return status;
        }),
      );
      assert.equal(statuses.filter((status) => status === 200).length, 1, String(statuses));
      assert.ok(statuses.every((status) => [200, 401, 404].includes(status)), String(statuses));
      assert.equal((await announced('tenant.eliminado')).length, 1);
    });
  });

  it('improvement 8: a suspended tenant is refused everywhere', async () => {
    await inDatabase(`UPDATE tenants SET estado = 'inactivo' WHERE tenant_id = $1`, [admin.tenantId]);
    await app.agent.get('/api/tenants').set(admin.auth).expect(403);
    await change({ telefono: '1' }, 403);
    await remove(403);
    await app.agent.post('/api/tenants').set(admin.auth).send({}).expect(403);
    await app.agent.post('/api/auth/login').send({ email: admin.email, password: 'secreto1' }).expect(403);
    await app.agent.post('/api/auth/refresh').send({ refreshToken: admin.refreshToken }).expect(403);
  });
});
