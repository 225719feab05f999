import assert from 'node:assert/strict';
import fc from 'fast-check';
import { boxAround, EARTH_RADIUS_KM, type Box } from './nearby.ts';

const radians = (degrees: number) => (degrees * Math.PI) / 180;
const normal = (lon: number) => ((((lon + 180) % 360) + 360) % 360) - 180;

/** Where one gets to from a place, by the direct formula of spherical trigonometry. */
function walk(lat: number, lon: number, bearing: number, km: number): [lat: number, lon: number] {
  const [angle, phi, theta] = [km / EARTH_RADIUS_KM, radians(lat), radians(bearing)];
  const there = Math.asin(Math.sin(phi) * Math.cos(angle) + Math.cos(phi) * Math.sin(angle) * Math.cos(theta));
  const turn = Math.atan2(
    Math.sin(theta) * Math.sin(angle) * Math.cos(phi),
    Math.cos(angle) - Math.sin(phi) * Math.sin(there),
  );
  return [(there * 180) / Math.PI, normal(lon + (turn * 180) / Math.PI)];
}

const holds = ({ south, north, lon: ranges }: Box, lat: number, lon: number) =>
  lat >= south && lat <= north && ranges.some(([west, east]) => lon >= west && lon <= east);

describe('boxAround', () => {
  it('holds every place within the distance, anywhere on Earth', () => {
    const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        fc.oneof(number(-90, 90), number(89.9, 90), number(-90, -89.9)),
        fc.oneof(number(-180, 180), number(179.9, 180), number(-180, -179.9)),
        number(0, 360),
        number(0, 1),
        (lat, lon, bearing, share) => {
          const [thereLat, thereLon] = walk(lat, lon, bearing, 5 * share);
          assert.ok(holds(boxAround({ lat, lon }, 5), thereLat, thereLon), `${thereLat}, ${thereLon}`);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is not much larger than it has to be', () => {
    const box = boxAround({ lat: -34.6, lon: -58.4 }, 5);
    assert.ok(box.north - box.south < 0.0901);
    const [[west, east]] = box.lon;
    assert.ok(east - west < 0.1095);
  });

  it('is in two parts where it crosses the 180° meridian, and all round at a pole', () => {
    assert.ok(holds(boxAround({ lat: 0, lon: 180 }), 0, -179.96));
    assert.ok(holds(boxAround({ lat: 0, lon: -180 }), 0, 179.96));
    assert.ok(!holds(boxAround({ lat: 0, lon: 180 }), 0, 0));
    assert.ok(holds(boxAround({ lat: 89.99, lon: 0 }), 89.99, 180));
  });
});
