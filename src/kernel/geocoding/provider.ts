import axios from 'axios';
import { z } from 'zod';
import { causeOf } from '../errors.ts';
import type { Address, Place } from './types.ts';

export interface ProviderOptions {
  key: string;
  /** The search endpoint itself; LocationIQ's by default. */
  url?: string;
  /** How long one question may take from connecting to the last byte, in milliseconds. */
  timeoutMs?: number;
}

/** What a provider says to one address. */
export type Verdict =
  | { kind: 'found'; place: Place }
  | { kind: 'not found' }
  /** This address is not to its taste; it says nothing about others. */
  | { kind: 'refused' };

export const LOCATIONIQ = 'https://us1.locationiq.com/v1/search';
const TIMEOUT_MS = 3000;
const MAX_ANSWER_BYTES = 256 * 1024;

/** Coordinates come as text from LocationIQ and Nominatim, as numbers from others. */
const degrees = (most: number) =>
  z
    .union([z.number(), z.string().regex(/^[-+]?\d+(\.\d+)?$/).transform(Number)])
    .pipe(z.number().min(-most).max(most));
const found = z.array(z.object({ lat: degrees(90), lon: degrees(180) })).max(50);
const spoken = z.object({});

/** The parts that place an address, as one line for people and geocoders. */
export const lineOf = ({ calle, numero, ciudad, provincia }: Address): string =>
  [[calle, numero], [ciudad], [provincia], ['Argentina']]
    .map((parts) => parts.filter((part) => part?.trim()).join(' '))
    .filter(Boolean)
    .join(', ');

/**
 * Asks a LocationIQ-compatible provider. The postal code stays out: one that the map does not know hides the street.
 * @throws Error for every failure of the provider (limits, time-outs, nonsense), its message without the key.
 */
export function createProvider({ key, url = LOCATIONIQ, timeoutMs = TIMEOUT_MS }: ProviderOptions) {
  return async (address: Address): Promise<Verdict> => {
    const params = { key, q: lineOf(address), format: 'json', countrycodes: 'ar', limit: 1 };
    try {
      const { status, data } = await axios.get<unknown>(url, {
        params,
        // The client's own time-out begins anew with every byte of a slow answer.
        signal: AbortSignal.timeout(timeoutMs),
        maxRedirects: 0, // the key goes to the address that was set and nowhere else
        maxContentLength: MAX_ANSWER_BYTES,
        proxy: false,
        validateStatus: () => true,
      });
      return verdictOf(status, data);
    } catch (error) {
      const cause = axios.isCancel(error) ? `no answer within ${timeoutMs} ms` : causeOf(error);
      throw new Error(withoutKey(cause, key));
    }
  };
}

function verdictOf(status: number, data: unknown): Verdict {
  // A 404 that is not JSON is some page: the address of the provider is wrong, not the tenant's.
  if (status === 404 && spoken.safeParse(data).success) return { kind: 'not found' };
  if (status === 400 || status === 414) return { kind: 'refused' };
  if (status !== 200) throw new Error(`it answered ${status}`);
  const places = found.safeParse(data);
  if (!places.success) throw new Error('its answer is not a list of places');
  const [place] = places.data;
  return place === undefined ? { kind: 'not found' } : { kind: 'found', place };
}

const withoutKey = (text: string, key: string): string =>
  text.replaceAll(encodeURIComponent(key), '***').replaceAll(key, '***');
