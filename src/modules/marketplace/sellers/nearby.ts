import type { Place } from '../../../kernel/geocoding/index.ts';

/** How far a seller counts as near. */
export const NEAR_KM = 5;

/** The mean radius of the Earth; distances are along a sphere of this size (haversine). */
export const EARTH_RADIUS_KM = 6371.0088;

/** Degrees of latitude from `south` to `north`, and of longitude: two ranges where it crosses the 180° meridian. */
export interface Box {
  south: number;
  north: number;
  lon: readonly [Range, Range];
}

type Range = readonly [west: number, east: number];

/** Far less than a millimetre: so that rounding never loses a place at the very edge. */
const MARGIN_DEGREES = 1e-9;

const EVERYWHERE: Range = [-180, 180];

const degrees = (radians: number): number => (radians * 180) / Math.PI;

/** A box that holds every place within `km` of a centre, for an index to look through; its corners are farther off. */
export function boxAround({ lat, lon }: Place, km: number = NEAR_KM): Box {
  const angle = km / EARTH_RADIUS_KM;
  const height = degrees(angle) + MARGIN_DEGREES;
  const [south, north] = [lat - height, lat + height];
  if (south <= -90 || north >= 90) return { south, north, lon: [EVERYWHERE, EVERYWHERE] }; // all meridians meet there
  const width = degrees(Math.asin(Math.sin(angle) / Math.cos((lat * Math.PI) / 180))) + MARGIN_DEGREES;
  return { south, north, lon: aroundTheWorld(lon - width, lon + width) };
}

function aroundTheWorld(west: number, east: number): [Range, Range] {
  if (west <= -180) return [[-180, east], [west + 360, 180]];
  if (east >= 180) return [[west, 180], [-180, east - 360]];
  return [[west, east], [west, east]];
}
