import type { Sql } from '../../../kernel/database.ts';
import { notFound } from '../../../kernel/errors.ts';

/** How a customer is reached; null where nobody has said. */
export interface Contact {
  customerId: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  deviceToken: string | null;
}

/** Of those that are known, by their id. Works under either role. */
export async function findContacts(trx: Sql, tenantId: number, customerIds: readonly string[]): Promise<Map<string, Contact>> {
  if (customerIds.length === 0) return new Map();
  const found = await trx.rows<Contact>(
    `SELECT customer_id AS "customerId", name, email, phone, device_token AS "deviceToken"
     FROM customers WHERE tenant_id = $1 AND customer_id = ANY($2)`,
    [tenantId, customerIds],
  );
  return new Map(found.map((contact) => [contact.customerId, contact]));
}

/** Whether any tenant knows a customer of this id. Asked under the system role. */
export const customerExists = async (trx: Sql, customerId: string): Promise<boolean> =>
  (await trx.maybe('SELECT FROM customers WHERE customer_id = $1 LIMIT 1', [customerId])) !== undefined;

/** Whether an event or a person has named this customer. */
export const isCustomer = async (trx: Sql, tenantId: number, customerId: string): Promise<boolean> =>
  (await trx.maybe('SELECT FROM customers WHERE customer_id = $2 AND tenant_id = $1', [tenantId, customerId])) !== undefined;

/** @throws AppError 404 for one that nobody has named, or another tenant's, which row-level security hides. */
export async function requireCustomer(trx: Sql, tenantId: number, customerId: string): Promise<void> {
  if (!(await isCustomer(trx, tenantId, customerId))) throw unknownCustomer();
}

export const unknownCustomer = () => notFound('El cliente no existe.');
