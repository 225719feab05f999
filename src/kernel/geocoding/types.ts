export const ADDRESS = ['calle', 'numero', 'ciudad', 'provincia', 'codigo_postal'] as const;

/** A postal address as tenants and sellers keep it; every part may be missing. */
export type Address = { [Part in (typeof ADDRESS)[number]]?: string | null };

export const sameAddress = (one: Address, other: Address): boolean => ADDRESS.every((part) => one[part] === other[part]);

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
