/** A postal address as tenants and sellers keep it; every part may be missing. */
export interface Address {
  calle?: string | null;
  numero?: string | null;
  ciudad?: string | null;
  provincia?: string | null;
  codigo_postal?: string | null;
}

/** Where an address is, in decimal degrees (WGS 84). */
export interface Place {
  lat: number;
  lon: number;
}

export interface Geocoder {
  /**
   * Where an address is. Never throws and never takes longer than a few seconds: `undefined` when the address
   * is not found or nobody can be asked. It may go over the network, so never call it inside a transaction.
   */
  locate(address: Address): Promise<Place | undefined>;
}
