/** Thrown when an answer was not there in time; what was asked for goes on. */
export class OutOfPatience extends Error {}

/** What the work comes to. @throws OutOfPatience when that takes longer than `ms`; the work itself goes on. */
export function inTime<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new OutOfPatience(`${what} did not answer within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
