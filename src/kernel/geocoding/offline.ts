import { normalised, spellings } from './names.ts';
import { PROVINCES, type Province } from './places.ts';
import type { Address, Geocoder, Place } from './types.ts';

type Places = ReadonlyMap<string, Place>;

/**
 * Knows the provinces and main cities of Argentina by heart and asks nobody: an address is at the centre of its city.
 * A city is looked for in its province alone, since names repeat; a province by itself is no address.
 */
export function createOfflineLocator(provinces: readonly Province[] = PROVINCES): Geocoder {
  const index = new Map<string, Places>(
    provinces.flatMap((province) => {
      const places = placesOf(province);
      return namesOf(province.names).map((name) => [name, places] as const);
    }),
  );
  return { locate: (address) => Promise.resolve(find(index, address)) };
}

function find(index: ReadonlyMap<string, Places>, { ciudad, provincia }: Address): Place | undefined {
  const places = first(index, normalised(provincia));
  const place = places && first(places, normalised(ciudad));
  return place && { ...place };
}

/** The listed spelling that fits. A Map, so that a city called `constructor` is merely unknown. */
function first<Value>(index: ReadonlyMap<string, Value>, name: string): Value | undefined {
  const found = spellings(name).find((spelling) => index.has(spelling));
  return found === undefined ? undefined : index.get(found);
}

/** In forms people write `Capital` for the capital of their province, which comes first in the list. */
function placesOf({ cities }: Province): Places {
  const [capital] = cities;
  const listed = cities.flatMap(([names, lat, lon]) => namesOf(names).map((name) => [name, { lat, lon }] as const));
  return new Map([...(capital ? [['capital', { lat: capital[1], lon: capital[2] }] as const] : []), ...listed]);
}

const namesOf = (names: string): string[] => names.split('|').map(normalised);
