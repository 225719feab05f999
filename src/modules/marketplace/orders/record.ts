import { together, type Sql } from '../../../kernel/database.ts';
import { fromCents, type Cents } from '../../../kernel/money.ts';
import { checksOf, type Check } from './checks.ts';
import { orderDetail, type OrderDetail } from './read-model.ts';

/** One entry of the stock ledger that an order made. */
export interface LedgerEntry {
  comercioId: number;
  productoId: number;
  version: number;
  cantidadAnterior: number;
  cantidadNueva: number;
  motivo: string;
  fecha: Date;
  /** As Postgres prints it, to the microsecond. */
  moment: string;
}

/** What a line froze of the catalogue and of promotions when the order was taken. */
interface FrozenLine {
  productoId: number;
  producto: string;
  cantidad: number;
  precio: Cents;
  precioCatalogo: Cents | null;
  promocion: string | null;
  promocionEnTotal: boolean;
  descuento: Cents;
}

/** An order with everything that was kept of how it was judged and of what it did to stock. */
export interface OrderRecord extends OrderDetail {
  total_informado: number | null;
  ledger: LedgerEntry[];
  checks: Check[];
}

/** The order of a pedidoId, whoever's it is; as the system role. */
export async function orderRecord(trx: Sql, pedidoId: string): Promise<OrderRecord | undefined> {
  const found = await trx.maybe<{ tenantId: number; ordenId: number; informado: Cents | null }>(
    `SELECT tenant_id AS "tenantId", orden_id AS "ordenId", total_informado_centavos AS informado
     FROM orders WHERE pedido_id = $1`,
    [pedidoId],
  );
  const detail = found && (await orderDetail(trx, found.tenantId, found.ordenId));
  if (found === undefined || detail === undefined) return undefined;
  const [lines, ledger] = await together([frozenLines(trx, found), ledgerOf(trx, detail)]);
  return {
    ...detail,
    total_informado: found.informado === null ? null : fromCents(found.informado),
    ledger,
    checks: checksOf({
      comercioId: detail.comercio_id,
      seller: { active: true }, // or there would be no order
      totalInformado: found.informado ?? undefined,
      lines: lines.map((line) => ({ ...line, disponibles: soldFrom(ledger, line.productoId) })),
    }),
  };
}

const frozenLines = (trx: Sql, { tenantId, ordenId }: { tenantId: number; ordenId: number }): Promise<FrozenLine[]> =>
  trx.rows<FrozenLine>(
    `SELECT producto_id AS "productoId", nombre_producto AS producto, cantidad, precio_centavos AS precio,
            precio_catalogo_centavos AS "precioCatalogo", promocion,
            promocion_en_total AS "promocionEnTotal", descuento_centavos AS descuento
     FROM order_lines WHERE tenant_id = $1 AND orden_id = $2 ORDER BY linea`,
    [tenantId, ordenId],
  );

/** By the products of its lines: the ledger has no index on the order. */
const ledgerOf = (trx: Sql, order: OrderDetail): Promise<LedgerEntry[]> =>
  trx.rows<LedgerEntry>(
    `SELECT comercio_id AS "comercioId", producto_id AS "productoId", version, cantidad_anterior AS "cantidadAnterior",
            cantidad_nueva AS "cantidadNueva", motivo, fecha, fecha::text AS moment
     FROM stock_ledger WHERE tenant_id = $1 AND comercio_id = $2 AND producto_id = ANY($3) AND orden_id = $4
     ORDER BY fecha, producto_id, version`,
    [order.tenant_id, order.comercio_id, order.productos.map((line) => line.producto_id), order.orden_id],
  );

const soldFrom = (ledger: readonly LedgerEntry[], productoId: number): number | null =>
  ledger.find((entry) => entry.productoId === productoId && entry.motivo === 'venta')?.cantidadAnterior ?? null;
