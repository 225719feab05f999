import type { Sql } from '../../../kernel/database.ts';
import type { LockCustomer } from '../ports.ts';
import type { Contact } from './read-model.ts';

/** Keys of other tables point at this row, which does not hinder them: FOR NO KEY UPDATE. */
export const lockCustomer: LockCustomer = async ({ trx, now }, tenantId, customerId, { make } = { make: false }) => {
  if (make) {
    await trx.run(
      `INSERT INTO customers (customer_id, tenant_id, created_at, updated_at) VALUES ($1, $2, $3, $3)
       ON CONFLICT (customer_id, tenant_id) DO NOTHING`,
      [customerId, tenantId, now],
    );
  }
  const row = await trx.maybe('SELECT FROM customers WHERE customer_id = $1 AND tenant_id = $2 FOR NO KEY UPDATE', [customerId, tenantId]);
  return row !== undefined;
};

/** How the customer, whose row is there, is reached from now on. */
export const writeContact = (trx: Sql, tenantId: number, { customerId, name, email, phone, deviceToken }: Contact, now: Date) =>
  trx.run(
    `UPDATE customers SET name = $3, email = $4, phone = $5, device_token = $6, updated_at = $7
     WHERE customer_id = $1 AND tenant_id = $2`,
    [customerId, tenantId, name, email, phone, deviceToken, now],
  );
