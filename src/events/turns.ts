export interface Turns {
  /** Runs `work` behind all that was given before it for the same subject; without a subject, at once. */
  take<T>(subject: string | undefined, work: () => Promise<T>): Promise<T>;
}

/**
 * What this process was handed about one subject is handled in the order it came. Between processes the subject's lock
 * in Postgres keeps them apart; here it would have each of them wait on a connection, of which there are few.
 */
export function createTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    async take(subject, work) {
      if (subject === undefined) return work();
      const before = last.get(subject);
      const mine = before === undefined ? work() : before.then(work, work);
      last.set(subject, mine);
      try {
        return await mine;
      } finally {
        if (last.get(subject) === mine) last.delete(subject);
      }
    },
  };
}
