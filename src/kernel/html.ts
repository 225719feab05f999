const TEXT: unique symbol = Symbol('html');

/** A piece of HTML that is safe to be sent. Only `html` makes one: the symbol cannot come in with data. */
export interface Html {
  readonly [TEXT]: string;
}

/** What may stand in a template: texts are escaped, lists joined, `undefined`, `null` and `false` left out. */
export type Piece = Html | string | number | undefined | null | false | readonly Piece[];

/**
 * HTML with every value escaped, whatever it is; what `html` made stands as it is. A value may be an element's text or
 * an attribute's value between double quotes, nowhere else: not a tag's or attribute's name, not inside a script.
 */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  let text = strings[0] ?? '';
  pieces.forEach((piece, index) => (text += rendered(piece) + (strings[index + 1] ?? '')));
  return { [TEXT]: text };
}

/** The text to be sent. */
export const textOf = (piece: Html): string => piece[TEXT];

function rendered(piece: Piece): string {
  if (piece === undefined || piece === null || piece === false) return '';
  if (typeof piece === 'string' || typeof piece === 'number') return escaped(String(piece));
  if (Array.isArray(piece)) return piece.map(rendered).join('');
  return (piece as Partial<Html>)[TEXT] ?? '';
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
