/** Members whose values are personal data or secrets, as they are spelled on the wire. */
const MASKED = new Set([
  'cliente_nombre', 'direccion_entrega', 'email', 'telefono', 'direccion_fiscal', 'cuenta_bancaria', 'password',
  'password_hash', 'accessToken', 'refreshToken', 'access_token', 'token', 'secret', 'hub.secret', 'authorization',
  'calle', 'numero', 'codigo_postal', 'customer_name', 'customer_email', 'phone',
  'customerEmail', 'customerPhone', 'customer_phone', 'shippingAddress', 'shipping_address', 'billingAddress', 'billing_address',
  'paymentMethod', 'payment_method', 'recipient', 'client_secret', 'billing_details', 'payment_method_details', 'receipt_email', 'receipt_url',
]);

const mask = (key: string, value: unknown): unknown =>
  MASKED.has(key) && value !== null && value !== undefined && value !== '' ? '***' : value;

/** JSON of a value for the log, personal data and secrets masked, cut after `limit` characters. */
export function maskedJson(value: unknown, limit = 2000): string {
  const text = masked(value);
  return text.length > limit ? `${text.slice(0, limit)}… (${text.length} characters)` : text;
}

function masked(value: unknown): string {
  try {
    return JSON.stringify(value, mask) ?? 'undefined';
  } catch (error) {
    if (error instanceof RangeError) return '(nested too deep to show)'; // JSON.parse goes deeper than JSON.stringify
    throw error;
  }
}
