export interface Load {
  /** Whether nothing was forgotten since it began, so that what it found may be kept. */
  isCurrent(): boolean;
  end(): void;
}

export interface Loads {
  begin(key: string): Load;
  forget(keys: readonly string[]): void;
  forgetAll(): void;
}

/**
 * The loads under way: one that began before its key was forgotten may have read the old value and must not put it
 * back. Of several loads of one key the latest to begin is the one that may keep what it found.
 */
export function createLoads(): Loads {
  const latest = new Map<string, symbol>();
  return {
    begin(key) {
      const mine = Symbol(key);
      latest.set(key, mine);
      const isCurrent = () => latest.get(key) === mine;
      return {
        isCurrent,
        end() {
          if (isCurrent()) latest.delete(key);
        },
      };
    },
    forget: (keys) => keys.forEach((key) => latest.delete(key)),
    forgetAll: () => latest.clear(),
  };
}
