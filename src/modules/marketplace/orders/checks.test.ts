import assert from 'node:assert/strict';
import fc from 'fast-check';
import { checksOf } from './checks.ts';
import { decideOrders, type Picture } from './rules.ts';
import { shelfId } from './takings.ts';
import type { PedidoCreado } from './topics.ts';

const SELLER = { comercioId: 1, tenantId: 1, active: true, preparacion: 'manual' as const };
const PRODUCTS = [1, 2, 3];

interface OfferedPromotion {
  tipo: 'monto' | 'porcentaje';
  valorCentesimos: number;
  on: readonly number[];
}

const shelf = (productoId: number, precioCentavos: number) => ({
  tenantId: 1,
  comercioId: 1,
  comercio: 'Centro',
  productoId,
  producto: `producto ${productoId}`,
  descripcion: '',
  precioCentavos,
  ivaPct: '21',
  categoriaId: null,
  categoria: null,
  active: true,
  cantidad: 1000,
  version: 1,
});

const pictureOf = (prices: readonly number[], promotions: readonly OfferedPromotion[]): Picture => ({
  sellers: new Map([[1, SELLER]]),
  shelves: new Map(PRODUCTS.map((id, index) => [shelfId(1, id), shelf(id, prices[index] as number)])),
  promotions: new Map(
    PRODUCTS.map((productoId) => [
      productoId,
      promotions.flatMap(({ on, ...promotion }, index) =>
        on.includes(productoId)
          ? [{ ...promotion, productoId, promocionId: index + 1, nombre: `promo ${index + 1}` }]
          : [],
      ),
    ]),
  ),
});

/** What an accepted order leaves in the tables, and the checks that are made of it afterwards. */
function afterwards(order: PedidoCreado, picture: Picture) {
  const [decision] = decideOrders([order], picture);
  assert.ok(decision?.accepted);
  const checks = checksOf({
    comercioId: order.comercio_id,
    seller: { active: true },
    totalInformado: decision.totalInformado,
    lines: decision.lines.map((line) => ({
      productoId: line.shelf.productoId,
      producto: line.shelf.producto,
      cantidad: line.cantidad,
      precio: line.precio,
      precioCatalogo: line.shelf.precioCentavos,
      disponibles: decision.takings.find((taking) => taking.shelf === line.shelf)?.cantidadAnterior ?? null,
      promocion: line.promocion?.nombre ?? null,
      promocionEnTotal: line.promocion?.en === 'total',
      descuento: line.promocion?.descuento ?? 0,
    })),
  });
  return { decision, checks };
}

const order = (productos: PedidoCreado['productos'], total?: number): PedidoCreado => ({
  pedidoId: 'P-1',
  comercio_id: 1,
  cliente_nombre: 'Ana',
  direccion_entrega: 'Av. Corrientes 1234',
  medios_pago: 'fiat',
  productos,
  total,
});

function assertTold(told: ReturnType<typeof afterwards>): void {
  const failed = (regla: string) => told.checks.filter((check) => check.regla === regla && !check.cumple).length;
  const warned = (code: string) => told.decision.warnings.filter((warning) => warning.code === code).length;
  assert.deepEqual(
    { precio: failed('precio'), total: failed('total'), other: failed('stock') + failed('producto') },
    { precio: warned('precio_distinto'), total: warned('total_distinto'), other: 0 },
    JSON.stringify(told.checks),
  );
}

describe('the checks of an accepted order, made of its records', () => {
  it('tell a promotion in the total from one in the price, be they of one amount', () => {
    // 11.11 % of 9.00 is 1.00, which is also what 9.00 is below the catalogue: but of 10.00 it would be 1.11.
    const promotions: OfferedPromotion[] = [{ tipo: 'porcentaje', valorCentesimos: 1111, on: [1] }];
    const told = afterwards(
      order([{ producto_id: 1, cantidad: 1, precio_unitario: 9 }], 8),
      pictureOf([1000, 500, 500], promotions),
    );
    assert.deepEqual(told.decision.warnings.map(({ code }) => code), ['precio_distinto']);
    assertTold(told);
  });

  it('say what was decided, whatever was ordered', () => {
    const small = fc.integer({ min: 1, max: 12 });
    const promotion = fc.record({
      tipo: fc.constantFrom('monto' as const, 'porcentaje' as const),
      valorCentesimos: fc.oneof(small, fc.integer({ min: 1, max: 10_000 })),
      on: fc.subarray(PRODUCTS, { minLength: 1 }),
    });
    const line = fc.record({
      producto_id: fc.constantFrom(...PRODUCTS),
      cantidad: fc.integer({ min: 1, max: 3 }),
      precio_unitario: small.map((cents) => cents / 100),
    });
    fc.assert(
      fc.property(
        fc.array(small, { minLength: 3, maxLength: 3 }),
        fc.array(promotion, { maxLength: 3 }),
        fc.array(line, { minLength: 1, maxLength: 4 }),
        fc.option(fc.integer({ min: -3, max: 20 }), { nil: undefined }),
        (prices, promotions, productos, off) => {
          const sum = productos.reduce((all, one) => all + Math.round(one.precio_unitario * 100) * one.cantidad, 0);
          const total = off === undefined ? undefined : Math.max(0, sum - off) / 100;
          assertTold(afterwards(order(productos, total), pictureOf(prices, promotions)));
        },
      ),
      { numRuns: 3000 },
    );
  });
});
