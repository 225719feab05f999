export interface Signal {
  raise(): void;
  /** Resolves when raised (or at once, when raised since the last wait), or after `ms`. */
  wait(ms: number): Promise<void>;
}

/** Wakes one waiting loop. A raise before the wait is not lost; many raises wake it once. */
export function createSignal(): Signal {
  let raised = false;
  let wake: (() => void) | undefined;
  return {
    raise() {
      raised = true;
      wake?.();
    },
    async wait(ms) {
      if (!raised) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = undefined;
      raised = false;
    },
  };
}
