const SHOWN_CHARACTERS = 200;

/** What an error of another system may carry that is nobody's business: addresses, keys, accounts, wallets, hosts. */
const SENSITIVE = [
  /[^\s"'<>]+@[^\s"'<>]+/g,
  /\b[a-z][a-z0-9+.-]*:\/\/\S+/gi,
  /\b(?:0x)?[0-9a-f]{8,}\b/gi,
  /[\w-]{24,}/g,
  /\d{6,}/g,
];

/** Another system's error as a tenant may read it: one line, masked, short. Pure. */
export function shownError(error: string): string {
  const line = error.replace(/[\p{C}\p{Z}\s]+/gu, ' ').trim();
  const masked = SENSITIVE.reduce((text, pattern) => text.replace(pattern, '***'), line);
  if (masked === '') return 'no dijo por qué.';
  return masked.length > SHOWN_CHARACTERS ? `${masked.slice(0, SHOWN_CHARACTERS).toWellFormed()}…` : masked;
}
