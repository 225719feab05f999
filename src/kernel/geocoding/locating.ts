import { conflict } from '../errors.ts';
import type { Address, Geocoder, Place } from './types.ts';

/** An address that somebody was asked about, and where it is if it was found. */
export interface Located<Of extends Address> {
  address: Of;
  place: Place | undefined;
}

/** Each further try needs somebody else to have moved the same thing in between. */
const MAX_TRIES = 4;

/**
 * Changes something whose new address has to be located, which is done between two transactions and never in one:
 * `attempt` holds it, and answers `locate` when it needs to know where an address is that it was not told of. Should
 * the address be another one by then, it is asked again.
 * @throws AppError 409 when others keep moving it.
 */
export async function locating<Of extends Address, Done extends object>(
  geocoder: Geocoder,
  attempt: (located: Located<Of> | undefined) => Promise<Done | { locate: Of }>,
): Promise<Done> {
  let located: Located<Of> | undefined;
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const outcome = await attempt(located);
    if (!('locate' in outcome)) return outcome;
    located = { address: outcome.locate, place: await geocoder.locate(outcome.locate) };
  }
  throw conflict('Otra persona está cambiando la misma dirección. Volvé a intentarlo.');
}
