export { createGeocoder, type GeocoderOptions } from './geocoder.ts';
export { locating, type Located } from './locating.ts';
export { createOfflineLocator } from './offline.ts';
export { ADDRESS, sameAddress, type Address, type Geocoder, type Place } from './types.ts';
