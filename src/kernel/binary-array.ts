const TEXT_OID = 25;
const HEADER_BYTES = 20;

/**
 * A list of text in Postgres's binary format (array_recv), which the driver passes on as it is: neither side has to
 * escape and to read again what is mostly bodies. For a parameter that the statement casts to text[].
 */
export function textArray(values: readonly (string | null)[]): Buffer {
  let size = HEADER_BYTES + 4 * values.length;
  for (const value of values) if (value !== null) size += Buffer.byteLength(value);
  const array = Buffer.allocUnsafe(size);
  array.writeInt32BE(1, 0); // one dimension
  array.writeInt32BE(1, 4); // in which NULL may be
  array.writeInt32BE(TEXT_OID, 8);
  array.writeInt32BE(values.length, 12);
  array.writeInt32BE(1, 16); // its first index
  let at = HEADER_BYTES;
  for (const value of values) {
    const length = value === null ? -1 : array.write(value, at + 4);
    array.writeInt32BE(length, at);
    at += 4 + Math.max(length, 0);
  }
  return array;
}
