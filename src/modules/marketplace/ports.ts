import type { Work } from '../../events/work.ts';
import type { ShelfRow } from './stock/read-model.ts';

/** One step of one shelf's stock, decided from the version that was read. */
export interface StockStep {
  shelf: ShelfRow;
  cantidadAnterior: number;
  cantidadNueva: number;
  /** The version this step makes; several steps of one shelf in one transaction count on. */
  version: number;
  motivo: 'ajuste' | 'venta' | 'devolucion';
  ordenId?: number;
  eventId?: number;
}

/** What other modules of this context may do to stock. Injected, so that its tables stay the stock module's own. */
export interface StockPort {
  /**
   * Adds steps decided elsewhere to the work: ledger entries and announcements, and last the stock rows, guarded by
   * the version that was read. The work fails with StaleRead when a row has changed since.
   */
  applySteps(work: Work, steps: readonly StockStep[]): void;
  /** Gives quantities back: locks the shelves, then writes the steps. */
  giveBack(work: Work, items: ReadonlyArray<{ comercioId: number; productoId: number; cantidad: number }>, ordenId: number): Promise<void>;
}
