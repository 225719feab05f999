import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ShelfRow } from '../stock/read-model.ts';
import type { Check } from './checks.ts';
import { decideOrders, type Decision, type Picture } from './rules.ts';
import { ESTADOS, givesStockBack, stepsFrom, type Estado } from './states.ts';
import { shelfId } from './takings.ts';
import type { PromotionInForce } from '../promotions/read-model.ts';
import type { PedidoCreado } from './topics.ts';

const SELLER = 1;

const shelf = (productoId: number, cantidad: number | null, more: Partial<ShelfRow> = {}): ShelfRow => ({
  tenantId: 1, comercioId: SELLER, comercio: 'Centro', productoId, producto: `Producto ${productoId}`, descripcion: '', precioCentavos: 1000,
  ivaPct: '21.0', categoriaId: null, categoria: null, active: true, cantidad, version: cantidad === null ? null : 7, ...more,
});

const picture = (shelves: ShelfRow[], seller: { active?: boolean; preparacion?: 'manual' | 'automatica' } = {}, promotions: PromotionInForce[] = []): Picture => ({
  sellers: new Map([[SELLER, { comercioId: SELLER, tenantId: 1, active: true, preparacion: 'manual', ...seller }]]),
  shelves: new Map(shelves.map((row) => [shelfId(row.comercioId, row.productoId), row])),
  promotions: new Map(promotions.map((one) => [one.productoId, [one]])),
});

/** An order of [product, quantity, price in pesos]; 10 pesos is the catalogue's price. */
const order = (lines: Array<[producto: number, cantidad: number, precio?: number]>, more: Partial<PedidoCreado> = {}): PedidoCreado => ({
  pedidoId: 'P', comercio_id: SELLER, cliente_nombre: 'x', direccion_entrega: 'x', medios_pago: 'fiat',
  productos: lines.map(([producto_id, cantidad, precio_unitario = 10]) => ({ producto_id, cantidad, precio_unitario })), ...more,
});

type Accepted = Extract<Decision, { accepted: true }>;

const decide = (orders: PedidoCreado[], on: Picture) => decideOrders(orders, on);
const accepted = (decision: Decision | undefined): Accepted => {
  assert.ok(decision?.accepted, JSON.stringify(decision));
  return decision;
};
const codeOf = (decision: Decision | undefined) => (decision?.accepted === false ? decision.code : 'accepted');
const taken = (decision: Decision | undefined) =>
  accepted(decision).takings.map(({ shelf: { productoId }, cantidadAnterior, cantidadNueva, version }) => [productoId, cantidadAnterior, cantidadNueva, version]);

describe('the states of an order', () => {
  const allowed: Record<Estado, Estado[]> = {
    pendiente: ['aceptada', 'rechazada', 'listo', 'cancelada'],
    aceptada: ['listo', 'cancelada'],
    listo: ['finalizada', 'cancelada'],
    rechazada: [], cancelada: [], finalizada: [],
  };

  for (const from of ESTADOS) {
    it(`from ${from}: ${allowed[from].join(', ') || 'no way out'}`, () => {
      assert.deepEqual(ESTADOS.filter((to) => stepsFrom(from).includes(to)).sort(), [...allowed[from]].sort());
    });
  }

  it('give the stock back when rejected or cancelled, and only then', () => {
    assert.deepEqual(ESTADOS.filter(givesStockBack), ['rechazada', 'cancelada']);
  });

  it('give the stock back at most once on any way through them', () => {
    const walk = fc.array(fc.constantFrom(...ESTADOS), { maxLength: 20 });
    fc.assert(
      fc.property(walk, (wishes) => {
        let [estado, returns]: [Estado, number] = ['pendiente', 0];
        for (const wish of wishes.filter((to) => stepsFrom(estado).includes(to))) {
          if (!stepsFrom(estado).includes(wish)) continue;
          estado = wish;
          if (givesStockBack(estado)) returns += 1;
        }
        assert.ok(returns <= 1);
      }),
    );
  });
});

describe('deciding an order', () => {
  it('takes the stock and freezes lines and total', () => {
    const [decision] = decide([order([[1, 2, 10], [2, 1, 10]])], picture([shelf(1, 5), shelf(2, 1)]));
    const { total, estado, warnings, lines, totalInformado } = accepted(decision);
    assert.deepEqual({ total, estado, warnings, totalInformado }, { total: 3000, estado: 'pendiente', warnings: [], totalInformado: undefined });
    assert.deepEqual(lines.map(({ cantidad, precio }) => [cantidad, precio]), [[2, 1000], [1, 1000]]);
    assert.deepEqual(taken(decision), [[1, 5, 3, 8], [2, 1, 0, 8]]);
  });

  it('adds up lines of one product: two steps would be two, the check and the taking are one', () => {
    const shelves = [shelf(1, 5), shelf(2, 9)];
    assert.equal(codeOf(decide([order([[1, 3], [2, 1], [1, 3]])], picture(shelves))[0]), 'sin_stock');
    const [decision] = decide([order([[1, 2], [2, 1], [1, 3]])], picture(shelves));
    assert.deepEqual(taken(decision), [[1, 5, 0, 8], [2, 9, 8, 8]]);
    assert.equal(accepted(decision).lines.length, 3);
  });

  it('refuses an unknown or inactive seller, an unknown or deleted product, and names the cause', () => {
    const shelves = [shelf(1, 5), shelf(2, 5, { active: false })];
    assert.equal(codeOf(decide([order([[1, 1]], { comercio_id: 9 })], picture(shelves))[0]), 'comercio_desconocido');
    assert.equal(codeOf(decide([order([[1, 1]])], picture(shelves, { active: false }))[0]), 'comercio_inactivo');
    assert.equal(codeOf(decide([order([[1, 1], [3, 1]])], picture(shelves))[0]), 'producto_desconocido');
    assert.equal(codeOf(decide([order([[2, 1]])], picture(shelves))[0]), 'producto_desconocido');
    const [refusal] = decide([order([[1, 6]])], picture(shelves));
    assert.match((refusal as { message: string }).message, /producto 1 .*pedidos 6, disponibles 5/);
  });

  it('refuses what was never counted as if there were none', () => {
    assert.equal(codeOf(decide([order([[1, 1]])], picture([shelf(1, null)]))[0]), 'sin_stock');
  });

  it('refuses the whole order for one short line, and leaves all stock for the next', () => {
    const decisions = decide([order([[1, 5], [2, 2]]), order([[1, 5]])], picture([shelf(1, 5), shelf(2, 1)]));
    assert.deepEqual(decisions.map(codeOf), ['sin_stock', 'accepted']);
    assert.deepEqual(taken(decisions[1]), [[1, 5, 0, 8]]);
  });

  it('lets each order see the stock that those before it left', () => {
    const decisions = decide([order([[1, 3]]), order([[1, 3]]), order([[1, 2]]), order([[1, 1]])], picture([shelf(1, 5)]));
    assert.deepEqual(decisions.map(codeOf), ['accepted', 'sin_stock', 'accepted', 'sin_stock']);
    assert.deepEqual([taken(decisions[0]), taken(decisions[2])], [[[1, 5, 2, 8]], [[1, 2, 0, 9]]]);
  });

  it('takes the price of the order, and remarks on a difference', () => {
    const { total, warnings } = accepted(decide([order([[1, 2, 9.99]])], picture([shelf(1, 5)]))[0]);
    assert.deepEqual([total, warnings.map(({ code }) => code)], [1998, ['precio_distinto']]);
    assert.match(warnings[0]?.message ?? '', /10 .*9\.99/);
  });

  it('keeps the total it was told beside its own, and remarks on a difference', () => {
    const same = accepted(decide([order([[1, 3, 0.1]], { total: 0.3 })], picture([shelf(1, 5, { precioCentavos: 10 })]))[0]);
    assert.deepEqual([same.total, same.totalInformado, same.warnings], [30, 30, []]);
    const other = accepted(decide([order([[1, 3]], { total: 29.99 })], picture([shelf(1, 5)]))[0]);
    assert.deepEqual([other.total, other.totalInformado, other.warnings.map(({ code }) => code)], [3000, 2999, ['total_distinto']]);
  });

  it('is not surprised by a total or a price that a promotion explains, and the line keeps it', () => {
    const half: PromotionInForce = { productoId: 1, promocionId: 4, nombre: '2x1', tipo: 'porcentaje', valorCentesimos: 5000 };
    const on = picture([shelf(1, 9), shelf(2, 9)], {}, [half]);
    const lower = accepted(decide([order([[1, 2], [2, 1]], { total: 20 })], on)[0]);
    assert.deepEqual([lower.total, lower.totalInformado, lower.warnings], [3000, 2000, []]);
    assert.deepEqual(lower.lines.map(({ promocion }) => promocion?.descuento), [1000, undefined]);
    const reduced = accepted(decide([order([[1, 2, 5]], { total: 10 })], on)[0]);
    assert.deepEqual([reduced.total, reduced.warnings, reduced.lines[0]?.promocion?.en], [1000, [], 'precio']);
    const wrong = accepted(decide([order([[1, 2], [2, 1]], { total: 19 })], on)[0]);
    assert.deepEqual(wrong.warnings.map(({ code }) => code), ['total_distinto']);
  });

  it('keeps every check behind a refusal, with its values, as far as it looked', () => {
    const [refusal] = decide([order([[1, 2], [2, 7]])], picture([shelf(1, 5), shelf(2, 3)]));
    const checks = (refusal as { checks: Check[] }).checks;
    assert.deepEqual(checks.map(({ regla, cumple }) => [regla, cumple]), [
      ['comercio', true], ['comercio_activo', true], ['producto', true], ['producto', true], ['stock', true], ['stock', false],
    ]);
    assert.match(checks.at(-1)?.detalle ?? '', /pedidos 7, disponibles 3/);
    const [unknown] = decide([order([[1, 1]], { comercio_id: 9 })], picture([shelf(1, 5)]));
    assert.deepEqual((unknown as { checks: Check[] }).checks.map(({ regla, cumple }) => [regla, cumple]), [['comercio', false]]);
  });

  it('goes on to listo at once where the tenant prepares automatically', () => {
    const [decision] = decide([order([[1, 1]])], picture([shelf(1, 5)], { preparacion: 'automatica' }));
    assert.equal(accepted(decision).estado, 'listo');
  });

  const products = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 4 });
  const orders = fc.array(fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 12 })), { minLength: 1, maxLength: 4 }), { maxLength: 25 });

  it('never takes more than there is, takes all of an order or nothing, and chains what it takes', () => {
    fc.assert(
      fc.property(products, orders, (amounts, wishes) => {
        const left = new Map(amounts.map((cantidad, index) => [index + 1, { cantidad, version: 7 }]));
        const on = picture(amounts.map((cantidad, index) => shelf(index + 1, cantidad)));
        const before = JSON.stringify([...on.shelves]);
        decideOrders(wishes.map((lines) => order(lines)), on).forEach((decision, index) => {
          const wanted = new Map<number, number>();
          for (const [producto, cantidad] of wishes[index] ?? []) wanted.set(producto, (wanted.get(producto) ?? 0) + cantidad);
          const possible = [...wanted].every(([producto, cantidad]) => (left.get(producto)?.cantidad ?? -1) >= cantidad);
          assert.equal(decision.accepted, possible);
          for (const { shelf: { productoId }, cantidadAnterior, cantidadNueva, version } of decision.accepted ? decision.takings : []) {
            const current = left.get(productoId);
            assert.deepEqual([cantidadAnterior, version], [current?.cantidad, (current?.version ?? 0) + 1]);
            assert.equal(cantidadAnterior - cantidadNueva, wanted.get(productoId));
            assert.ok(cantidadNueva >= 0);
            left.set(productoId, { cantidad: cantidadNueva, version });
          }
        });
        assert.equal(JSON.stringify([...on.shelves]), before, 'the picture was changed');
      }),
    );
  });
});
