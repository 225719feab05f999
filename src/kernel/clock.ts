/** Where the time comes from, so that rules and tests can be told it. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
