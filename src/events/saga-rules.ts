/**
 * How a saga goes on, as plain values: no I/O, no clock. A step is `open` until everything it comes after is done, then
 * `asked`; it ends `done` or `refused`. The first refusal, or the deadline, fails the saga: whatever was done is undone,
 * the last step first, also what turns out to be done later.
 */
export type StepState = 'open' | 'asked' | 'done' | 'refused' | 'undone';
export type SagaStatus = 'running' | 'completed' | 'failed';

export interface SagaState {
  status: SagaStatus;
  steps: Readonly<Record<string, StepState>>;
  /** Why it failed; null otherwise. */
  reason: string | null;
}

/** Each step with what it comes after, in the order in which they are asked. */
export type Plan = ReadonlyArray<{ name: string; after: readonly string[] }>;

export type Happening =
  | { kind: 'started' }
  | { kind: 'done'; step: string }
  | { kind: 'refused'; step: string; reason: string }
  | { kind: 'failed'; reason: string };

export type SagaEffect = { kind: 'do' | 'undo'; step: string } | { kind: 'completed' } | { kind: 'failed'; reason: string };

export interface SagaDecision {
  state: SagaState;
  /** In the order they take place. */
  effects: SagaEffect[];
}

/** One whose first steps somebody else has asked for: what is heard of it may be the first that is known of it. */
export const opened = (plan: Plan): SagaState => ({
  status: 'running',
  reason: null,
  steps: Object.fromEntries(plan.map(({ name, after }) => [name, after.length === 0 ? 'asked' : 'open'])),
});

export function decideSaga(plan: Plan, state: SagaState, happening: Happening): SagaDecision {
  switch (happening.kind) {
    case 'started':
      return { state, effects: plan.filter(({ after }) => after.length === 0).map(({ name }) => ({ kind: 'do', step: name })) };
    case 'done':
      return done(plan, state, happening.step);
    case 'refused':
      return refused(plan, state, happening);
    case 'failed':
      return state.status === 'running' ? failed(plan, state, happening.reason) : { state, effects: [] };
  }
}

function done(plan: Plan, state: SagaState, step: string): SagaDecision {
  if (state.steps[step] !== 'asked' && state.steps[step] !== 'open') return { state, effects: [] }; // heard before
  const next = withStep(state, step, 'done');
  // Too late: what was done meanwhile is undone like what was done before.
  if (state.status === 'failed') return { state: withStep(state, step, 'undone'), effects: [{ kind: 'undo', step }] };
  const ready = plan.filter(({ name, after }) => next.steps[name] === 'open' && after.every((one) => next.steps[one] === 'done'));
  const asked = ready.reduce((so, { name }) => withStep(so, name, 'asked'), next);
  const effects: SagaEffect[] = ready.map(({ name }) => ({ kind: 'do', step: name }));
  if (!plan.every(({ name }) => asked.steps[name] === 'done')) return { state: asked, effects };
  return { state: { ...asked, status: 'completed' }, effects: [{ kind: 'completed' }] };
}

function refused(plan: Plan, state: SagaState, { step, reason }: Extract<Happening, { kind: 'refused' }>): SagaDecision {
  if (state.steps[step] !== 'asked' && state.steps[step] !== 'open') return { state, effects: [] };
  const next = withStep(state, step, 'refused');
  return state.status === 'running' ? failed(plan, next, reason) : { state: next, effects: [] };
}

function failed(plan: Plan, state: SagaState, reason: string): SagaDecision {
  const undone = plan.filter(({ name }) => state.steps[name] === 'done').map(({ name }) => name).reverse();
  const next = undone.reduce((so, name) => withStep(so, name, 'undone'), state);
  const undo: SagaEffect[] = undone.map((step) => ({ kind: 'undo', step }));
  return { state: { ...next, status: 'failed', reason }, effects: [...undo, { kind: 'failed', reason }] };
}

const withStep = (state: SagaState, step: string, to: StepState): SagaState => ({ ...state, steps: { ...state.steps, [step]: to } });
