import type { Html } from './html.ts';

/** Who is signed in, as of this request. */
export interface PanelUser {
  usuarioId: number;
  tenantId: number;
  rol: 'admin' | 'operador';
  nombre: string;
  email: string;
  /** An operator's sellers; an admin has them all. */
  comercios: number[];
}

export interface PanelSeller {
  comercio_id: number;
  nombre: string;
}

/** One request to the panel, signed in. What came with it is text, or several, and not checked yet. */
export interface Visit {
  user: PanelUser;
  params: Readonly<Record<string, unknown>>;
  query: Readonly<Record<string, unknown>>;
  form: Readonly<Record<string, unknown>>;
  /** A script asks for a part of a page; otherwise a browser wants the whole. */
  partial: boolean;
  /**
   * The seller that `comercio` names in the address or the form, or the first the user has.
   * @throws AppError 404 unknown, 403 not the user's.
   */
  seller(): Promise<PanelSeller>;
  /** A word for the visitor, to go with a `part`: it finds its own place on the page. */
  notice(text: string, kind?: 'bien' | 'error'): Html;
}

/** What a page answers. */
export type PanelAnswer =
  | {
      title: string;
      content: Html;
      /** The seller it is about; `todos` where it is about all. Lets the visitor choose another; absent: no choice. */
      comercio?: number | 'todos';
      /** Whether `todos` is among the choices. */
      allSellers?: boolean;
      /** What of the address goes along when another seller is chosen. */
      keep?: Readonly<Record<string, string>>;
    }
  /** A part of a page; `status` tells the script what became of it. */
  | { part: Html; status?: number }
  /** The browser has the newest already. */
  | { unchanged: true }
  /** A file to be kept; `name` is of letters, digits, `_`, `-` and dots. */
  | { file: { name: string; mediaType: string; stream: AsyncIterable<string> } }
  | { goTo: string };

export interface PanelRoute {
  method: 'get' | 'post';
  /** As Express writes it, under `/panel`. */
  path: string;
  handle(visit: Visit): Promise<PanelAnswer>;
}

/** What a module adds to the tenants' panel; the shell in `modules/panel` mounts whatever the modules bring. */
export interface PanelSection {
  /** Its name in the navigation. */
  label: string;
  /** Where it begins: `/pedidos`. */
  path: string;
  /** Its place in the navigation, the lowest first; that one is the start page. */
  order: number;
  routes: readonly PanelRoute[];
}
