import assert from 'node:assert/strict';
import fc from 'fast-check';
import { normalised } from './names.ts';
import { createOfflineLocator } from './offline.ts';
import { PROVINCES } from './places.ts';
import type { Place } from './types.ts';

const { locate } = createOfflineLocator();
const at = (ciudad: string, provincia: string) => locate({ ciudad, provincia });

const distanceKm = (a: Place, b: Place): number =>
  Math.hypot(a.lat - b.lat, (a.lon - b.lon) * Math.cos((a.lat * Math.PI) / 180)) * 111.2;

async function isNear(ciudad: string, provincia: string, lat: number, lon: number, km = 6): Promise<void> {
  const place = await at(ciudad, provincia);
  assert.ok(place, `${ciudad}, ${provincia} is not found`);
  assert.ok(distanceKm(place, { lat, lon }) < km, `${ciudad}, ${provincia}: ${JSON.stringify(place)}`);
}

const OBELISCO = [-34.6037, -58.3816] as const;

describe('the offline locator', () => {
  it("finds the contract's example at the Obelisco", async () => {
    const address = { calle: 'Av. Corrientes', numero: '1234', ciudad: 'Buenos Aires', provincia: 'CABA' };
    const place = await locate({ ...address, codigo_postal: '1043' });
    assert.deepEqual(place, { lat: OBELISCO[0], lon: OBELISCO[1] });
  });

  it('knows the federal capital under every name that people write', async () => {
    const autonomous = ['Ciudad Autónoma de Buenos Aires', 'ciudad de buenos aires'];
    for (const provincia of ['CABA', 'C.A.B.A.', 'Capital Federal', ...autonomous]) {
      for (const ciudad of ['Buenos Aires', 'CABA', 'Ciudad de Buenos Aires', 'capital federal', 'Bs. As.']) {
        await isNear(ciudad, provincia, ...OBELISCO, 0.1);
      }
    }
    for (const provincia of ['Buenos Aires', 'Bs As', 'Bs. As.', 'Pcia. de Buenos Aires', 'PBA', 'Prov. Bs.As.']) {
      await isNear('Buenos Aires', provincia, ...OBELISCO, 0.1);
      await isNear('La Plata', provincia, -34.92, -57.95);
    }
    await isNear('Palermo', 'CABA', -34.578, -58.426);
  });

  it('finds a city of the same name in its own province', async () => {
    await isNear('Mercedes', 'Buenos Aires', -34.65, -59.43);
    await isNear('Mercedes', 'Corrientes', -29.18, -58.08);
    await isNear('Colón', 'Entre Ríos', -32.22, -58.14);
    await isNear('Colon', 'bs as', -33.9, -61.1);
    await isNear('Rawson', 'Chubut', -43.3, -65.1);
    await isNear('Rawson', 'San Juan', -31.58, -68.54);
  });

  it('minds neither accents, capitals, dots, abbreviations nor what stands around a name', async () => {
    await isNear('  CORDOBA ', 'córdoba', -31.42, -64.19);
    await isNear('Córdoba Capital', 'Cba.', -31.42, -64.19);
    await isNear('Capital', 'Mendoza', -32.89, -68.85);
    await isNear('Gral. Güemes', 'Salta', -24.67, -65.05);
    await isNear('Sta. Rosa', 'La Pampa', -36.62, -64.28);
    await isNear('san miguel de tucuman', 'Tucuman', -26.82, -65.22);
    await isNear('Bariloche', 'Rio Negro', -41.13, -71.31);
    await isNear('José C. Paz', 'Buenos Aires', -34.52, -58.77);
    await isNear('Rosario, Santa Fe', 'Provincia de Santa Fe', -32.95, -60.64);
    await isNear('Ushuaia', 'Tierra del Fuego, Antártida e Islas del Atlántico Sur', -54.8, -68.3);
  });

  it('finds nothing for an unknown city, a province by itself or an empty address', async () => {
    const unknown: Array<[string, string]> = [
      ['Ninguna Parte', 'Santa Fe'], ['', 'Santa Fe'], ['Rosario', ''], ['Rosario', 'Montevideo'], ['Rosario', 'Chaco'],
      ['constructor', '__proto__'], ['', ''], ['.', ','],
    ];
    for (const [ciudad, provincia] of unknown) assert.equal(await at(ciudad, provincia), undefined, ciudad);
    assert.equal(await locate({}), undefined);
    assert.equal(await locate({ ciudad: null, provincia: null }), undefined);
  });

  it('answers whatever it is asked', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, text, async (ciudad, provincia) => {
        const place = await at(ciudad, provincia);
        assert.ok(place === undefined || (place.lat < 0 && place.lon < 0));
      }),
    );
  });
});

describe('the list of places', () => {
  it('has the 24 provinces, 150 cities and more, each name once in its province and each place in Argentina', () => {
    assert.equal(PROVINCES.length, 24);
    assert.ok(PROVINCES.flatMap(({ cities }) => cities).length > 400);
    for (const { names, cities } of PROVINCES) {
      const all = cities.flatMap(([city]) => city.split('|').map(normalised));
      assert.deepEqual(all.filter((name, index) => all.indexOf(name) !== index), [], names);
      for (const [city, lat, lon] of cities) {
        assert.ok(lat > -55.2 && lat < -21.7 && lon > -73.6 && lon < -53.6, city);
      }
    }
    const provinces = PROVINCES.flatMap(({ names }) => names.split('|').map(normalised));
    assert.equal(new Set(provinces).size, provinces.length);
  });

  it('keeps each city within reach of its capital: a swapped digit would stand out', () => {
    for (const { names, cities } of PROVINCES) {
      const [capital] = cities;
      assert.ok(capital);
      const far = cities.filter(([, lat, lon]) => distanceKm({ lat, lon }, { lat: capital[1], lon: capital[2] }) > 800);
      assert.deepEqual(far, [], names);
    }
  });
});
