import { unaccented } from '../unaccented.ts';

/** What people shorten in names of places. */
const SHORT: Readonly<Record<string, string>> = {
  alte: 'almirante', bsas: 'buenos aires', cdad: 'ciudad', cdro: 'comodoro', cmte: 'comandante', cnel: 'coronel',
  cte: 'comandante', dpto: 'departamento', gdor: 'gobernador', gob: 'gobernador', gral: 'general',
  ing: 'ingeniero', pcia: 'provincia', pdte: 'presidente', prov: 'provincia', pto: 'puerto', sn: 'san', sta: 'santa',
  sto: 'santo', tte: 'teniente', vte: 'vicente',
};

/** What stands before a name without being part of it. */
const PREFIX = /^(?:la )?(?:ciudad|provincia|partido|departamento|localidad|municipio|barrio)(?: del?)? (?=.)/;

/**
 * A name as it is compared: no accents, capitals or dots, abbreviations written out (`Gral. Güemes` → `general
 * guemes`, `C.A.B.A.` → `caba`, `Bs. As.` → `buenos aires`), and nothing that follows a comma. Blank for none.
 */
export function normalised(name: string | null | undefined): string {
  const words = plain((name ?? '').split(',', 1)[0] ?? '')
    .replace(/\b[a-z](?: [a-z]\b)+/g, (initials) => initials.replaceAll(' ', ''))
    .replace(/\bbs as\b/g, 'bsas');
  return words
    .split(' ')
    .map((word) => SHORT[word] ?? word)
    .join(' ');
}

/** Letters and digits without accents, in lower case, one space between words. */
export const plain = (text: string): string => unaccented(text).replace(/[^\p{L}\p{N}]+/gu, ' ').trim();

/** What a normalised name may be listed under, the likeliest first. */
export function spellings(name: string): string[] {
  const bare = name.replace(PREFIX, '');
  return [...new Set([name, bare, bare.replace(/ capital$/, '')])];
}
