import assert from 'node:assert/strict';
import { createOfflineLocator, type Address } from '../../../src/kernel/geocoding/index.ts';
import { addSeller, addUser, openRestApp, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

const ADDRESS = { calle: 'Florida', numero: '10', ciudad: 'Rosario', provincia: 'Santa Fe', codigo_postal: '2000' };
const NO_ADDRESS = { calle: '', numero: '', ciudad: '', provincia: '', codigo_postal: '' };
const WEEKDAY = { dia_semana: 'lunes', hora_apertura: '09:00', hora_cierre: '18:30' };

interface Day {
  dia_semana: string;
  hora_apertura: string | null;
  hora_cierre: string | null;
}

describe('REST: changing a seller', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  let asked: Address[] = [];
  /** What happens elsewhere while the map is asked. */
  let meanwhile: () => unknown = () => undefined;

  before(async () => {
    const offline = createOfflineLocator();
    const locate = async (address: Address) => {
      asked.push(address);
      await meanwhile();
      return offline.locate(address);
    };
    app = await openRestApp({}, { geocoder: { locate } });
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
  });
  beforeEach(() => {
    asked = [];
    meanwhile = () => undefined;
  });
  after(() => app.close());

  const open = async (fields: object = {}) => {
    const id = await addSeller(app, admin, { nombre: 'Centro', ...ADDRESS, horarios: [WEEKDAY], ...fields });
    asked = [];
    return id;
  };
  const change = (id: number | string, body: unknown, status = 200, who = admin) =>
    app.agent.patch(`/api/sellers/${id}`).set(who.auth).send(body as object).expect(status);
  const show = async (id: number) => (await app.agent.get(`/api/sellers/${id}`).set(admin.auth).expect(200)).body.data;
  const announced = async (id: number) =>
    (await app.published('comercio.actualizado')).map(({ payload }) => payload).filter((one) => one['seller_id'] === id);

  it('takes the form as the client sends it: all fields, hours as they were shown, or with seconds (improvement 13)', async () => {
    const id = await open();
    const { nombre: _nombre, ...form } = await show(id);
    const { body } = await change(id, { ...form, nombre: 'Centro Norte' });
    assert.deepEqual(body, { success: true, message: 'Comercio actualizado.', data: { ...form, nombre: 'Centro Norte' } });
    const withSeconds = form.horarios.map((day: Day) => ({
      ...day,
      hora_apertura: day.hora_apertura && `${day.hora_apertura}:00`,
      hora_cierre: day.hora_cierre && `${day.hora_cierre}:00`,
    }));
    assert.deepEqual((await change(id, { ...form, nombre: 'Sur', horarios: withSeconds })).body.data.horarios, form.horarios);
    const [first, second] = await announced(id);
    assert.deepEqual({ ...first, timestamp: '' }, { seller_id: id, tenant_id: admin.tenantId, cambios: { nombre: 'Centro Norte' }, timestamp: '' });
    assert.deepEqual(second?.['cambios'], { nombre: 'Sur' });
    assert.equal(asked.length, 0);
  });

  it('announces nothing when nothing changes', async () => {
    const id = await open();
    const { body } = await change(id, await show(id));
    assert.deepEqual([body.message, body.data], ['No había nada que cambiar.', await show(id)]);
    await change(id, { horarios: [{ ...WEEKDAY, dia_semana: 1 }] });
    assert.deepEqual(await announced(id), []);
  });

  it('changes the days named, tells the whole week, and closes it for an empty list', async () => {
    const id = await open();
    const saturday = { dia_semana: 'SABADO', hora_apertura: '9:30', hora_cierre: '13:00' };
    const { body } = await change(id, { horarios: [saturday] });
    const opened = (week: Day[]) => week.filter((day) => day.hora_apertura !== null).map((day) => day.dia_semana);
    assert.deepEqual(opened(body.data.horarios), ['lunes', 'sábado']);
    assert.deepEqual((await announced(id)).at(-1)?.['cambios'], { horarios: body.data.horarios });
    const monday = { ...WEEKDAY, hora_apertura: null, hora_cierre: null };
    assert.deepEqual(opened((await change(id, { horarios: [monday] })).body.data.horarios), ['sábado']);
    const closed = (await change(id, { horarios: [] })).body.data.horarios;
    assert.deepEqual([closed.length, opened(closed)], [7, []]);
    for (const horarios of [[{ ...WEEKDAY, hora_cierre: '08:00' }], [WEEKDAY, WEEKDAY], [{ dia_semana: 9 }], null, {}]) {
      await change(id, { horarios }, 400);
    }
  });

  it('asks where an address is only when it differs, and keeps one that is not found without its place', async () => {
    const id = await open();
    const moved = (await change(id, { nombre: 'Palermo', ...ADDRESS, ciudad: 'CABA', provincia: 'CABA' })).body.data;
    assert.deepEqual([asked.length, moved.lat, moved.lon], [1, -34.6037, -58.3816]);
    assert.deepEqual((await announced(id)).at(-1)?.['cambios'], {
      nombre: 'Palermo', ciudad: 'CABA', provincia: 'CABA', lat: -34.6037, lon: -58.3816,
    });
    const { body } = await change(id, { ciudad: 'Ninguna Parte' });
    assert.match(body.message, /sin ubicación/);
    assert.deepEqual([body.data.lat, body.data.lon], [null, null]);
    await change(id, { ...ADDRESS, ciudad: 'Ninguna Parte', provincia: 'CABA', nombre: 'Otra' });
    assert.equal(asked.length, 2);
    const none = (await change(id, NO_ADDRESS)).body;
    assert.deepEqual([none.message, none.data.direccion, none.data.calle], ['Comercio actualizado.', '', null]);
    assert.equal(asked.length, 2);
  });

  it('wants an address whole, once it is merged with what is stored', async () => {
    const id = await open();
    assert.deepEqual((await change(id, { numero: '', ciudad: 'Funes' }, 400)).body.errores, ['numero: falta para completar la dirección.']);
    await change(id, { numero: '12' });
    await change(id, NO_ADDRESS);
    assert.equal((await change(id, { calle: 'Mitre', numero: '1' }, 400)).body.errores.length, 3);
    assert.equal((await show(id)).direccion, '');
  });

  it('takes a fixed set of fields: no ids, no place, no SQL in the names of members (improvement 6)', async () => {
    const id = await open();
    const before = await show(id);
    const theirs = await addSeller(app, other, { nombre: 'Ajeno' });
    const hostile = [
      '{}', '[]', 'null', '{"lat":1,"lon":2}', '{"comercio_id":1,"tenant_id":2}', '{"__proto__":{"nombre":"x"}}', '{"constructor":{"nombre":"x"}}',
      `{"nombre\\" = (SELECT string_agg(email, ',') FROM tenants) --":"x"}`, '{"nombre = (SELECT razon_social FROM tenants LIMIT 1), calle":"x"}',
      `{"tenant_id = ${other.tenantId} WHERE comercio_id = ${theirs}; --":"x"}`, '{"\\u0000":"x"}', '{"eliminado_en":"2024-01-01"}',
    ];
    for (const body of hostile) {
      await app.agent.patch(`/api/sellers/${id}`).set(admin.auth).set('Content-Type', 'application/json').send(body).expect(400);
    }
    assert.deepEqual(await show(id), before);
    const mixed = { nombre: 'Bien', lat: 1, tenant_id: other.tenantId, comercio_id: theirs, 'nombre" = \'x\' --': 'x' };
    assert.deepEqual((await change(id, mixed)).body.data, { ...before, nombre: 'Bien' });
    assert.deepEqual((await announced(id)).map((one) => one['cambios']), [{ nombre: 'Bien' }]);
    const { body } = await app.agent.get(`/api/sellers/${theirs}`).set(other.auth).expect(200);
    assert.equal(body.data.nombre, 'Ajeno');
  });

  it('answers 400, 413 or 415 for what is wrong with a request, never 500 (improvement 28)', async () => {
    const id = await open();
    const before = await show(id);
    const wrong = [
      { nombre: '' }, { nombre: ' ' }, { nombre: null }, { nombre: 7 }, { nombre: 'x'.repeat(101) }, { nombre: 'a\u0000b' }, { nombre: '\ud800' },
      { numero: 1234 }, { numero: 1e308 }, { calle: ['x'] }, { codigo_postal: 'x'.repeat(11) }, { ciudad: {} },
      { horarios: [{ dia_semana: 1e21 }] }, { horarios: [{ dia_semana: 'lunes\u0000' }] }, { horarios: Array(51).fill({ dia_semana: 1 }) },
      { horarios: [{ dia_semana: 'lunes', hora_apertura: '٠٩:٠٠', hora_cierre: '18:00' }] },
    ];
    for (const body of wrong) await change(id, body, 400);
    const raw = (type: string, body: string, status: number) =>
      app.agent.patch(`/api/sellers/${id}`).set(admin.auth).set('Content-Type', type).send(body).expect(status);
    await raw('application/json', '{"nombre":', 400);
    await raw('application/json', '{"horarios":[{"dia_semana":1e999}]}', 400);
    await raw('application/json', JSON.stringify({ nombre: 'x'.repeat(1 << 22) }), 413);
    await raw('text/plain', 'nombre=x', 415);
    assert.deepEqual(await show(id), before);
    assert.equal((await change(id, { nombre: 'Ñandú «🍕» \'; DROP TABLE sellers; --' })).body.data.nombre, 'Ñandú «🍕» \'; DROP TABLE sellers; --');
  });

  it('is for whoever has access to the seller', async () => {
    const [mine, notMine] = [await open(), await open()];
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [mine] });
    await change(mine, { nombre: 'Del operador' }, 200, operator);
    await change(notMine, { nombre: 'x' }, 403, operator);
    await change(notMine, { nombre: 'x' }, 403, other);
    await change(2147483647, { nombre: 'x' }, 404);
    for (const id of ['0', 'abc', '1.5', '99999999999', '%00']) await change(id, { nombre: 'x' }, 400);
    await app.agent.patch(`/api/sellers/${mine}`).send({ nombre: 'x' }).expect(401);
    assert.equal((await show(notMine)).nombre, 'Centro');
  });

  it('loses none of several edits at the same moment, and announces each', async () => {
    const id = await open();
    const days = ['domingo', 'lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado'];
    const bodies = [{ nombre: 'Nueva' }, ...days.map((dia_semana) => ({ horarios: [{ ...WEEKDAY, dia_semana, hora_apertura: '08:00' }] }))];
    await Promise.all(bodies.map((body) => change(id, body)));
    const now = await show(id);
    assert.equal(now.nombre, 'Nueva');
    assert.ok(now.horarios.every((day: Day) => day.hora_apertura === '08:00'));
    const events = await announced(id);
    assert.equal(events.length, bodies.length);
    assert.deepEqual(events.filter((one) => 'horarios' in (one['cambios'] as object)).at(-1)?.['cambios'], { horarios: now.horarios });
  });

  it('asks again when the address became another one while it was asked', async () => {
    const id = await open();
    meanwhile = async () => {
      meanwhile = () => undefined;
      await change(id, { ciudad: 'CABA', provincia: 'CABA' });
    };
    const { data } = (await change(id, { calle: 'Mitre' })).body;
    assert.deepEqual([data.direccion, data.lat], ['Mitre 10, CABA, CABA', -34.6037]);
    assert.equal(asked.length, 3);
    let number = 100;
    meanwhile = async () => {
      const again = meanwhile;
      meanwhile = () => undefined;
      await change(id, { numero: String((number += 1)) });
      meanwhile = again;
    };
    await change(id, { calle: 'Florida' }, 409);
    meanwhile = () => app.agent.delete(`/api/sellers/${id}`).set(admin.auth).expect(200);
    await change(id, { calle: 'Florida' }, 404);
  });
});
