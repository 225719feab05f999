import { done, refused, type Outcome } from '../../../events/outcome.ts';
import type { Work } from '../../../events/work.ts';
import { fromCents } from '../../../kernel/money.ts';
import { finalisedSales, type Sale } from './read-model.ts';
import { packParts, readRange, splitIva } from './rules.ts';
import { ventaMesRespuesta, type Venta, type VentasMes } from './topics.ts';

/** Room for the envelope `{"topic":…,"payload":…}` around what we measure. */
const ENVELOPE_BYTES = 200;

/** Answers each request for a period's sales; a wrong or reversed range is remarked upon and gets no answer. */
export const answerMonthlySales =
  (maxMessageBytes: number) =>
  async (request: VentasMes, work: Work): Promise<Outcome> => {
    const range = readRange(request.fechaDesde, request.fechaHasta);
    if ('problem' in range) return refused('fechas_invalidas', `no se responde: ${range.problem}`);
    const ventas = (await finalisedSales(work.trx, range.desde, range.hasta)).map(saleOf);
    const envelope = { ...request, timestamp: work.now.toISOString() }; // the request's own dates and traceData go back with the answer
    const overhead = Buffer.byteLength(JSON.stringify(envelope)) + ENVELOPE_BYTES;
    const parts = packParts(ventas, maxMessageBytes, overhead);
    parts.forEach((part, index) =>
      work.publish(ventaMesRespuesta, {
        ventas: part,
        ...envelope,
        ...(parts.length > 1 ? { parte: index + 1, partes: parts.length } : {}),
      }),
    );
    return done();
  };

function saleOf(sale: Sale): Venta {
  const split = splitIva(sale.lines.map((line) => ({ total: line.cantidad * line.precio, rate: Math.round(line.ivaPct * 10) })));
  return {
    orden_id: sale.ordenId,
    comercio_id: sale.comercioId,
    fecha_creacion: sale.fechaCreacion.toISOString(),
    ...amounts(split.order),
    direccion_entrega: sale.direccionEntrega,
    productos: sale.lines.map((line, index) => ({
      producto_id: line.productoId,
      nombre: line.nombre,
      cantidad: line.cantidad,
      precio_unitario: fromCents(line.precio),
      ...amounts(split.lines[index] as (typeof split.lines)[number]),
    })),
  };
}

const amounts = ({ subtotal, iva, total }: { subtotal: number; iva: number; total: number }) => ({
  subtotal: fromCents(subtotal),
  monto_iva: fromCents(iva),
  total: fromCents(total),
});
