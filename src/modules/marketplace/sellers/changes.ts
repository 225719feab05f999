import { isDeepStrictEqual } from 'node:util';
import { ADDRESS, sameAddress, type Located } from '../../../kernel/geocoding/index.ts';
import { daysOf, missingParts, weekOf } from './rules.ts';
import type { DayHours, Horario, SellerAddress } from './rules.ts';

/** A seller as far as it can be changed. */
export interface SellerState extends SellerAddress {
  nombre: string;
  lat: number | null;
  lon: number | null;
  horarios: Horario[];
}

type Asked<Fields> = { [Field in keyof Fields]?: Fields[Field] | undefined };

/** What a caller asks to change; what is left out stays. `horarios` holds the days named, none for a closed week. */
export type SellerChanges = Asked<SellerAddress & { nombre: string; horarios: DayHours[] }>;

/** What changed and how it is now; the hours as the whole week, so that a listener need not know the week before. */
export type Cambios = Asked<SellerState>;

export type Decision =
  /** The address is new and nobody was asked yet where it is. */
  | { kind: 'locate'; address: SellerAddress }
  | { kind: 'incomplete'; missing: ReturnType<typeof missingParts> }
  | { kind: 'same' }
  | { kind: 'changed'; seller: SellerState; cambios: Cambios; unplaced: boolean };

/** What becomes of a seller by these changes, as it is now and with what is known of where its address is. */
export function decideChange(current: SellerState, asked: SellerChanges, located?: Located<SellerAddress>): Decision {
  const address = addressOf(current, asked);
  const moved = !sameAddress(address, current);
  if (moved) {
    const missing = missingParts(address);
    if (missing.length > 0) return { kind: 'incomplete', missing };
  }
  const nowhere = address.calle === null;
  if (moved && !nowhere && (located === undefined || !sameAddress(address, located.address))) {
    return { kind: 'locate', address };
  }
  const { lat = null, lon = null } = moved ? ((nowhere ? undefined : located?.place) ?? {}) : current;
  const horarios = weekAfter(current.horarios, asked.horarios);
  const seller = { nombre: asked.nombre ?? current.nombre, ...address, lat, lon, horarios };
  const cambios = differencesOf(current, seller);
  if (Object.keys(cambios).length === 0) return { kind: 'same' };
  return { kind: 'changed', seller, cambios, unplaced: moved && !nowhere && lat === null };
}

function addressOf(current: SellerAddress, asked: SellerChanges): SellerAddress {
  const part = (name: keyof SellerAddress) => (asked[name] === undefined ? current[name] : asked[name]);
  return Object.fromEntries(ADDRESS.map((name) => [name, part(name)])) as SellerAddress;
}

function weekAfter(week: Horario[], days: readonly DayHours[] | undefined): Horario[] {
  if (days === undefined) return week;
  if (days.length === 0) return weekOf([]);
  const named = new Map(days.map((day) => [day.dia, day]));
  return weekOf(daysOf(week).map((day) => named.get(day.dia) ?? day));
}

const FIELDS = ['nombre', ...ADDRESS, 'lat', 'lon', 'horarios'] as const;

const differencesOf = (before: SellerState, after: SellerState): Cambios =>
  Object.fromEntries(
    FIELDS.filter((field) => !isDeepStrictEqual(before[field], after[field])).map((field) => [field, after[field]]),
  );
