import type { Sql } from '../../../kernel/database.ts';
import type { DayHours } from './rules.ts';

export interface NewSeller {
  nombre: string;
  calle?: string | null;
  numero?: string | null;
  ciudad?: string | null;
  provincia?: string | null;
  codigo_postal?: string | null;
}

export async function insertSeller(trx: Sql, tenantId: number, seller: NewSeller, now: Date): Promise<number> {
  const { comercioId } = await trx.one<{ comercioId: number }>(
    `INSERT INTO sellers (tenant_id, nombre, calle, numero, ciudad, provincia, codigo_postal, fecha_creacion)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING comercio_id AS "comercioId"`,
    [tenantId, seller.nombre, seller.calle, seller.numero, seller.ciudad, seller.provincia, seller.codigo_postal, now],
  );
  return comercioId;
}

/** Sets the hours of the days named; other days stay as they are. */
export async function setHours(
  trx: Sql,
  tenantId: number,
  comercioId: number,
  days: readonly DayHours[],
): Promise<void> {
  await trx.run(
    `INSERT INTO seller_hours (tenant_id, comercio_id, dia, hora_apertura, hora_cierre)
     SELECT $1, $2, * FROM unnest($3::smallint[], $4::time[], $5::time[])
     ON CONFLICT (tenant_id, comercio_id, dia)
       DO UPDATE SET hora_apertura = excluded.hora_apertura, hora_cierre = excluded.hora_cierre`,
    [tenantId, comercioId, days.map((day) => day.dia), days.map((day) => day.apertura), days.map((day) => day.cierre)],
  );
}
