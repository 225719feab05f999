import { html, textOf, type Html } from '../../kernel/html.ts';
import type { PanelSection, PanelSeller, PanelUser } from '../../kernel/panel.ts';
import type { Assets } from './assets.ts';

export interface Frame {
  base: string;
  assets: Assets;
  sections: readonly PanelSection[];
}

export interface Framed {
  title: string;
  content: Html;
  user: PanelUser;
  /** The section it belongs to: `/pedidos`. */
  section: string | undefined;
  /** The choice of sellers, where there is one. */
  choice?: {
    sellers: readonly PanelSeller[];
    chosen: number | 'todos';
    all: boolean;
    keep: Readonly<Record<string, string>>;
  };
}

/**
 * htmx as the Content-Security-Policy and the accessibility of the panel want it: no style of its own, no history of
 * its own (pages are pages), and what the visitor opened stays open when a part is renewed.
 */
const HTMX = JSON.stringify({ includeIndicatorCSS: false, history: false, morphIgnore: ['data-htmx-powered', 'open'] });

/** A whole page for somebody who is signed in. */
export function page(frame: Frame, { title, content, user, section, choice }: Framed): string {
  const comercio = choice === undefined || choice.chosen === 'todos' ? '' : `?comercio=${choice.chosen}`;
  const link = ({ label, path }: PanelSection) =>
    html`<a href="${frame.base}${path}${comercio}" ${path === section && html`aria-current="page"`}>${label}</a>`;
  return document(
    frame,
    title,
    html`<a class="saltar" href="#contenido">Ir al contenido</a>
      <header class="barra">
        ${brand(frame)}
        <nav aria-label="Secciones">${frame.sections.map(link)}</nav>
        <div class="quien">
          ${choice && section !== undefined && sellerChoice(`${frame.base}${section}`, choice)}
          <form method="post" action="${frame.base}/logout">
            <button class="discreto" title="${user.nombre} (${user.email})">Salir</button>
          </form>
        </div>
      </header>
      <main id="contenido" tabindex="-1">
        <h1>${title}</h1>
        ${notice()}
        ${content}
      </main>
      <p id="novedades" class="oculto" role="status" aria-live="polite"></p>
      <p id="conexion" class="aviso error" role="status" hidden>Sin conexión con el servicio. Se reintenta solo.</p>
      <dialog id="confirmar" aria-labelledby="confirmar-texto">
        <form method="dialog">
          <p id="confirmar-texto"></p>
          <div class="acciones">
            <button value="no" class="discreto">Volver</button><button value="si" class="peligro">Confirmar</button>
          </div>
        </form>
      </dialog>`,
  );
}

/** Where answers leave a word for the visitor; `notice(…, true)` replaces it from within a part. */
export function notice(text = '', kind: 'bien' | 'error' = 'bien', swapped = false): Html {
  const role = kind === 'error' ? 'alert' : 'status';
  const place = swapped && html`hx-swap-oob="outerMorph"`;
  return html`<p id="aviso" class="aviso ${kind}" role="${role}" ${place}>${text}</p>`;
}

function sellerChoice(action: string, { sellers, chosen, all, keep }: NonNullable<Framed['choice']>): Html {
  const option = (value: number | 'todos', name: string) =>
    html`<option value="${value}" ${value === chosen && html`selected`}>${name}</option>`;
  return html`<form method="get" action="${action}" data-enviar-al-cambiar>
    ${Object.entries(keep).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
    <label class="oculto" for="comercio">Comercio</label>
    <select id="comercio" name="comercio">
      ${all && option('todos', 'Todos los comercios')}
      ${sellers.map(({ comercio_id, nombre }) => option(comercio_id, nombre))}
    </select>
    <noscript><button>Ver</button></noscript>
  </form>`;
}

/** A page for somebody who is not signed in, or for whom something went wrong. */
export const bare = (frame: Frame, title: string, content: Html): string =>
  document(frame, title, html`<main id="contenido" class="angosto">${brand(frame)}<h1>${title}</h1>${content}</main>`);

const brand = ({ assets }: Frame): Html =>
  html`<span class="marca"><img src="${assets.url('icon.svg')}" alt="" width="28" height="28">Panel</span>`;

const document = ({ assets }: Frame, title: string, body: Html): string =>
  textOf(html`<!doctype html>
    <html lang="es-AR">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="htmx-config" content="${HTMX}">
        <title>${title} · Panel</title>
        <link rel="icon" href="${assets.url('icon.svg')}">
        <link rel="stylesheet" href="${assets.url('uplot.css')}">
        <link rel="stylesheet" href="${assets.url('panel.css')}">
        <script src="${assets.url('htmx.js')}" defer></script>
        <script src="${assets.url('uplot.js')}" defer></script>
        <script src="${assets.url('panel.js')}" defer></script>
        <script src="${assets.url('chart.js')}" defer></script>
      </head>
      <body>${body}</body>
    </html>`);
