export { createGeocoder, type GeocoderOptions } from './geocoder.ts';
export { createOfflineLocator } from './offline.ts';
export type { Address, Geocoder, Place } from './types.ts';
