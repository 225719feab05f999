import assert from 'node:assert/strict';
import fc from 'fast-check';
import { openShop } from '../../support/shop.ts';
import { addSeller, addUser, openRestApp, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

interface Point {
  lat: number;
  lon: number;
}

interface Near extends Point {
  comercio_id: number;
  tenant_id: number;
  razon_social: string | null;
  distancia_km: number;
}

const CABA = { calle: 'Florida', numero: '10', ciudad: 'CABA', provincia: 'CABA', codigo_postal: '1005' };
const OBELISCO: Point = { lat: -34.6037, lon: -58.3816 };
/** Where sellers stand: a city, the far south, both sides of the 180° meridian, and round a pole. */
const CENTRES: Point[] = [OBELISCO, { lat: -54.8019, lon: -68.303 }, { lat: 0.01, lon: 180 }, { lat: -16.8, lon: -179.99 }, { lat: 89.99, lon: 12 }];
const RUNS = 150;

/** The angle between two unit vectors: no haversine, and exact at any distance. */
function kilometres(a: Point, b: Point): number {
  const vector = ({ lat, lon }: Point): [number, number, number] => {
    const [phi, lambda] = [(lat * Math.PI) / 180, (lon * Math.PI) / 180];
    return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)];
  };
  const [[ax, ay, az], [bx, by, bz]] = [vector(a), vector(b)];
  const cross = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);
  return 6371.0088 * Math.atan2(cross, ax * bx + ay * by + az * bz);
}

const wrap = (lon: number) => (lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon);
/** A place some eight kilometres about a centre, so that about every second one is near. */
const around = ({ lat, lon }: Point, north: number, east: number): Point => {
  const there = Math.max(-90, Math.min(90, lat + north * 0.06));
  return { lat: there, lon: wrap(lon + (east * 0.06) / Math.max(0.001, Math.cos((there * Math.PI) / 180))) };
};
const plain = (value: number) => value.toFixed(12);

describe('REST: sellers near a place', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  before(async () => {
    app = await openRestApp();
    admin = await registerTenant(app, { nombre: 'Propio', razon_social: 'Propio S.A.' });
    other = await registerTenant(app, { nombre: 'Ajeno', razon_social: 'Ajeno S.R.L.' });
  });
  after(() => app.close());

  const near = async ({ lat, lon }: Point, who = admin): Promise<Near[]> =>
    (await app.agent.get(`/api/sellers?lat=${plain(lat)}&lon=${plain(lon)}`).set(who.auth).expect(200)).body as Near[];
  const system = (sql: string, values: unknown[]) => app.deps.database.transaction('system', (trx) => trx.run(sql, values));

  it('shows those of every active tenant with what is public, and no legal name but the own (improvement 10)', async () => {
    const horarios = [{ dia_semana: 'lunes', hora_apertura: '09:00', hora_cierre: '18:00' }];
    const mine = await addSeller(app, admin, { nombre: 'Mío', ...CABA });
    const theirs = await addSeller(app, other, { nombre: 'Suyo', ...CABA, horarios });
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [mine] });
    for (const who of [admin, operator]) {
      const found = await near({ lat: -34.6137, lon: OBELISCO.lon }, who);
      assert.deepEqual(
        found.map(({ comercio_id, razon_social, distancia_km }) => [comercio_id, razon_social, distancia_km]),
        [[mine, 'Propio S.A.', 1.112], [theirs, null, 1.112]],
      );
      const { horarios: week, ...shop } = found[1] as Near & { horarios: unknown[] };
      assert.deepEqual(shop, {
        comercio_id: theirs, tenant_id: other.tenantId, nombre: 'Suyo', ...CABA, ...OBELISCO, direccion: 'Florida 10, CABA, CABA',
        tenant_nombre: 'Ajeno', razon_social: null, tenant_estado: 'activo', distancia_km: 1.112,
      });
      assert.equal(week.length, 7);
      assert.equal((week[1] as { hora_apertura: string }).hora_apertura, '09:00');
    }
  });

  it('leaves out archived sellers, those without a place, and those of suspended or deleted tenants', async () => {
    const here: Point = { lat: -50, lon: -70 };
    const stand = async (state: string) => {
      const { tenantId, comercioId } = await openShop(app.deps.database);
      await system('UPDATE sellers SET lat = $2, lon = $3 WHERE comercio_id = $1', [comercioId, here.lat, here.lon]);
      if (state.startsWith('tenant')) await system(`UPDATE tenants SET ${state.slice(7)} WHERE tenant_id = $1`, [tenantId]);
      else await system(`UPDATE sellers SET ${state} WHERE comercio_id = $1`, [comercioId]);
      return comercioId;
    };
    const open = await stand('nombre = nombre');
    for (const state of ['eliminado_en = now()', 'lat = NULL, lon = NULL', "tenant estado = 'inactivo'", 'tenant eliminado_en = now()']) await stand(state);
    assert.deepEqual((await near(here)).map(({ comercio_id }) => comercio_id), [open]);
  });

  it('finds exactly those within five kilometres, nearest first, anywhere on Earth', async () => {
    const { tenantId } = await openShop(app.deps.database);
    const spread = fc.tuple(fc.double({ min: -1, max: 1, noNaN: true }), fc.double({ min: -1, max: 1, noNaN: true }));
    const places = CENTRES.flatMap((centre) => fc.sample(spread, 60).map(([north, east]) => around(centre, north, east)));
    await system(
      `INSERT INTO sellers (tenant_id, nombre, lat, lon) SELECT $1, 'Uno', * FROM unnest($2::float8[], $3::float8[])`,
      [tenantId, places.map(({ lat }) => lat), places.map(({ lon }) => lon)],
    );
    const all = await app.deps.database.transaction('system', (trx) =>
      trx.rows<Point & { comercio_id: number }>('SELECT comercio_id, lat, lon FROM sellers WHERE tenant_id = $1 AND lat IS NOT NULL', [tenantId]),
    );
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...CENTRES), spread, async (centre, [north, east]) => {
        const exact = around(centre, north, east);
        const here = { lat: Number(plain(exact.lat)), lon: Number(plain(exact.lon)) };
        const found = (await near(here)).filter(({ tenant_id }) => tenant_id === tenantId);
        const expected = all.filter((one) => kilometres(here, one) <= 5);
        assert.deepEqual(found.map(({ comercio_id }) => comercio_id).sort(), expected.map(({ comercio_id }) => comercio_id).sort());
        const distances = found.map((one) => kilometres(here, one));
        for (const [index, distance] of distances.entries()) {
          assert.ok(index === 0 || distance >= (distances[index - 1] as number) - 1e-6, 'not nearest first');
          assert.ok(Math.abs(distance - (found[index]?.distancia_km ?? NaN)) <= 0.000_51);
        }
        seen += found.length;
      }),
      { numRuns: RUNS },
    );
    assert.ok(seen > RUNS, `the places hardly ever met: ${seen}`);
  });

  it('refuses what is no place', async () => {
    const wrong = [
      'lat=NaN&lon=1', 'lat=Infinity&lon=1', 'lat=-Infinity&lon=1', 'lat=91&lon=1', 'lat=-90.0001&lon=1', 'lat=1&lon=180.5', 'lat=1e3&lon=1', 'lat=1e999&lon=1', 'lat=&lon=',
      'lat=12abc&lon=1', 'lat=-34,6&lon=1', 'lat=0x10&lon=1', 'lat=1', 'lon=1', 'lat=1&lat=2&lon=1', 'lat[]=1&lon=1', 'lat=%00&lon=1',
      'lat=1&lon=99999999999999999999', "lat=1'%20OR%201=1&lon=1", 'lat=1&lon=1&size=0', 'lat=1&page=1', 'lat=%E0%A4%A&lon=1', 'lat=١&lon=1',
    ];
    for (const query of wrong) await app.agent.get(`/api/sellers?${encodeURI(query).replace(/%25/g, '%')}`).set(admin.auth).expect(400);
    for (const [given, lacking] of [['lat', 'lon'], ['lon', 'lat']]) {
      const { body } = await app.agent.get(`/api/sellers?${given}=1`).set(admin.auth).expect(400);
      assert.deepEqual(body.errores, [`${lacking}: va junto con ${given}.`]);
    }
    await app.agent.get('/api/sellers?lat=1&lon=1').expect(401);
    for (const query of ['lat=90&lon=180', 'lat=5e-7&lon=1.5e2', 'lat=-90&lon=-180', 'lat=-0&lon=0', 'lat=1&lon=1&page=1&size=5&otro=x']) {
      assert.ok(Array.isArray((await app.agent.get(`/api/sellers?${query}`).set(admin.auth).expect(200)).body), query);
    }
  });
});
