import { decimal, pesos } from '../../../kernel/es-ar.ts';
import { html, type Html } from '../../../kernel/html.ts';
import { toCents } from '../../../kernel/money.ts';
import type { ProductoDeComercio } from '../catalog/read-model.ts';
import { levelOf, LOW_STOCK } from './rules.ts';

export interface StockView {
  comercioId: number;
  /** What the visitor looks for. */
  nombre: string;
  /** Those whose name has it. */
  products: readonly ProductoDeComercio[];
  /** All that the seller may sell. */
  all: readonly ProductoDeComercio[];
}

/** A phone draws no more; the others are found by name. */
const MOST_ROWS = 300;

export const stockPage = (view: StockView): Html =>
  html`<p class="resumen">${summary(view.all)}</p>
    <form method="get" action="/panel/stock" class="filtro" role="search">
      <input type="hidden" name="comercio" value="${view.comercioId}">
      <label for="nombre">Buscar por nombre</label>
      <input id="nombre" name="nombre" type="search" value="${view.nombre}" maxlength="100" autocomplete="off"
        hx-get="/panel/stock?comercio=${view.comercioId}" hx-trigger="input delay:250ms, search" hx-target="#productos"
        hx-swap="outerHTML" hx-sync="this:replace">
      <noscript><button>Buscar</button></noscript>
    </form>
    ${productList(view)}`;

const summary = (all: readonly ProductoDeComercio[]): string => {
  const count = (level: string) => decimal(all.filter((product) => levelOf(product.cantidad_stock) === level).length);
  const low = `con poco stock (${LOW_STOCK} o menos): ${count('poco')}`;
  return `Productos: ${decimal(all.length)} · ${low} · agotados: ${count('agotado')}`;
};

export const productList = ({ comercioId, nombre, products }: StockView): Html =>
  html`<div id="productos" aria-live="polite">
    ${products.length === 0 ? html`<p class="vacio">${nothing(nombre)}</p>` : productTable(comercioId, products)}
    ${products.length > MOST_ROWS && html`<p class="vacio">Se muestran los primeros ${MOST_ROWS}; buscá por nombre para ver otros.</p>`}
  </div>`;

const nothing = (nombre: string): string =>
  nombre === '' ? 'Todavía no hay productos.' : `Ningún producto tiene «${nombre}» en su nombre.`;

const productTable = (comercioId: number, products: readonly ProductoDeComercio[]): Html =>
  html`<table class="stock">
    <thead>
      <tr><th scope="col">Producto</th><th scope="col" class="numero">Precio</th><th scope="col">Stock</th></tr>
    </thead>
    <tbody>${products.slice(0, MOST_ROWS).map((product) => productRow(comercioId, product))}</tbody>
  </table>`;

const LABELS = { agotado: 'Agotado', poco: 'Poco', bien: undefined } as const;

export function productRow(comercioId: number, product: ProductoDeComercio): Html {
  const { producto_id: id, nombre_producto: nombre, precio, cantidad_stock: cantidad } = product;
  const level = levelOf(cantidad);
  return html`<tr id="producto-${id}" class="${level}">
    <th scope="row">${nombre} ${LABELS[level] && html`<span class="estado ${level}">${LABELS[level]}</span>`}</th>
    <td class="numero">${pesos(toCents(precio))}</td>
    <td>
      <form method="post" action="/panel/stock/${id}" class="cantidad" hx-post="/panel/stock/${id}"
        hx-target="closest tr" hx-swap="outerHTML">
        <input type="hidden" name="comercio" value="${comercioId}">
        <label class="oculto" for="cantidad-${id}">Stock de ${nombre}</label>
        <input id="cantidad-${id}" name="cantidad" type="text" inputmode="numeric" pattern="[0-9]{1,10}" required
          value="${cantidad}" autocomplete="off" title="Un número entero, cero o más">
        <button id="guardar-${id}">Guardar</button>
      </form>
    </td>
  </tr>`;
}
