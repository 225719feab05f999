import type { Knex } from 'knex';

/**
 * What the panel's board asks every two seconds of every open page: a seller's orders that still need something done,
 * a state at a time, the newest first. Partial, so that it stays as small as a shop's day, however long its history.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX orders_open ON orders (comercio_id, estado, fecha_creacion, tenant_id)
      WHERE estado IN ('pendiente', 'aceptada', 'listo')
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX orders_open');
}
