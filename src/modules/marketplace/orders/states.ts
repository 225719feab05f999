export const ESTADOS = ['pendiente', 'aceptada', 'rechazada', 'listo', 'finalizada', 'cancelada'] as const;
export type Estado = (typeof ESTADOS)[number];

const STEPS: Record<Estado, readonly Estado[]> = {
  pendiente: ['aceptada', 'rechazada', 'listo', 'cancelada'],
  aceptada: ['listo', 'cancelada'],
  listo: ['finalizada', 'cancelada'],
  rechazada: [],
  cancelada: [],
  finalizada: [],
};

/** The states an order may go to from here. */
export const stepsFrom = (estado: Estado): readonly Estado[] => STEPS[estado];

/** Whether arriving at this state gives the order's stock back. */
export const givesStockBack = (estado: Estado): boolean => estado === 'rechazada' || estado === 'cancelada';
