/** How many letters have to be changed, added or left out to make one of the other (Levenshtein). */
export function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Names are compared without case and marks: `comercioId` and `comercio_id` are the same word to whoever typed it. */
const bare = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Those that may have been meant, nearest first; at most three. */
export function nearNames(given: string, known: readonly string[]): string[] {
  const wanted = bare(given);
  const far = Math.max(2, Math.floor(wanted.length / 3));
  return [...new Set(known)]
    .map((name) => ({ name, far: bare(name).includes(wanted) && wanted.length > 2 ? 1 : distance(wanted, bare(name)) }))
    .filter((one) => one.far <= far)
    .sort((one, other) => one.far - other.far)
    .slice(0, 3)
    .map(({ name }) => name);
}
