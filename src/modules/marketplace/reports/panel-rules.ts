/** A month of the calendar, `AAAA-MM`, with its neighbours and its days. */
export interface Month {
  mes: string;
  before: string;
  after: string;
  /** First and last day, `AAAA-MM-DD`. */
  desde: string;
  hasta: string;
  days: number;
}

const MONTH = /^(20\d\d)-(0[1-9]|1[0-2])$/;

/** @returns undefined for what is not a month of this century. */
export function monthOf(text: string): Month | undefined {
  const [, year, month] = MONTH.exec(text) ?? [];
  if (year === undefined || month === undefined) return undefined;
  const named = (offset: number) =>
    new Date(Date.UTC(Number(year), Number(month) - 1 + offset, 1)).toISOString().slice(0, 7);
  const days = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return { mes: text, before: named(-1), after: named(1), desde: `${text}-01`, hasta: `${text}-${days}`, days };
}
