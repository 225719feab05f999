import { ADDRESS } from '../../../kernel/geocoding/index.ts';
import { unaccented } from '../../../kernel/unaccented.ts';

export const DAYS = ['domingo', 'lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado'] as const;
export type Dia = (typeof DAYS)[number];

/** Opening hours of one day, 0 = Sunday; a closed day has neither hour. */
export interface DayHours {
  dia: number;
  apertura: string | null;
  cierre: string | null;
}

/** A day as the REST contract shows it. `dia_semana` is a key of the client's: lower case, with accents. */
export interface Horario {
  dia_semana: Dia;
  dia_nombre: Dia;
  dia_numero: number;
  hora_apertura: string | null;
  hora_cierre: string | null;
  estado: 'activo' | 'inactivo';
}

export interface ScheduleEntry {
  dia_semana: string | number;
  hora_apertura?: string | null;
  hora_cierre?: string | null;
}

const NUMBER_OF: ReadonlyMap<string, number> = new Map(
  DAYS.flatMap((name, dia): Array<[string, number]> => [
    [unaccented(name), dia],
    [String(dia), dia],
  ]),
);

/** Seven days, Sunday first; a day without a record is closed. */
export const weekOf = (hours: readonly DayHours[]): Horario[] =>
  DAYS.map((name, dia) => {
    const { apertura, cierre } = hours.find((day) => day.dia === dia) ?? { apertura: null, cierre: null };
    return {
      dia_semana: name,
      dia_nombre: name,
      dia_numero: dia,
      hora_apertura: apertura,
      hora_cierre: cierre,
      estado: apertura === null ? 'inactivo' : 'activo',
    };
  });

/** The days of a week as it is shown. */
export const daysOf = (week: readonly Horario[]): DayHours[] =>
  week.map(({ dia_numero: dia, hora_apertura: apertura, hora_cierre: cierre }) => ({ dia, apertura, cierre }));

/** Reads days and hours in any spelling the client may send back; what is wrong comes as sentences, all at once. */
export function readSchedule(entries: readonly ScheduleEntry[]): { days: DayHours[]; errors: string[] } {
  const days = new Map<number, DayHours>();
  const errors: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const dia = NUMBER_OF.get(unaccented(String(entry.dia_semana)));
    if (dia === undefined) errors.push(`El día del horario ${index + 1} no existe.`);
    else if (days.has(dia)) errors.push(`El día ${DAYS[dia]} está repetido.`);
    else {
      const [apertura, cierre] = [readHour(entry.hora_apertura), readHour(entry.hora_cierre)];
      const wrong = wrongHours(apertura, cierre);
      if (wrong !== undefined) errors.push(`El ${DAYS[dia]} ${wrong}`);
      days.set(dia, { dia, apertura: apertura ?? null, cierre: cierre ?? null });
    }
  }
  return { days: [...days.values()], errors };
}

/** `HH:MM` for `H:MM`, `HH:MM` or `HH:MM:SS`; null for a closed day; undefined for anything else. */
function readHour(text: string | null | undefined): string | null | undefined {
  if (text === null || text === undefined) return null;
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?$/.exec(text.trim()) ?? [];
  return hours === undefined ? undefined : `${hours.padStart(2, '0')}:${minutes}`;
}

function wrongHours(apertura: string | null | undefined, cierre: string | null | undefined): string | undefined {
  if (apertura === undefined || cierre === undefined) return 'tiene una hora que no es válida; se escribe HH:MM.';
  if ((apertura === null) !== (cierre === null)) return 'necesita las dos horas, o ninguna si está cerrado.';
  if (apertura !== null && cierre !== null && cierre <= apertura) return 'tiene que cerrar después de abrir.';
  return undefined;
}

/** All five parts, or none. */
export type SellerAddress = Record<(typeof ADDRESS)[number], string | null>;

/** The address in one line, as the user form prints it; empty without one. */
export const addressLine = ({ calle, numero, ciudad, provincia }: Omit<SellerAddress, 'codigo_postal'>): string =>
  [[calle, numero].filter(Boolean).join(' '), ciudad, provincia].filter(Boolean).join(', ');

/** The parts that an address still lacks; none when nothing of it is there. */
export function missingParts(address: { [Part in keyof SellerAddress]?: string | null | undefined }) {
  const missing = ADDRESS.filter((part) => (address[part] ?? null) === null);
  return missing.length === ADDRESS.length ? [] : missing;
}
