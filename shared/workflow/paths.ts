import type { MoneyState, State, TaskOutcome, WorkflowDefinition } from './definition.ts';

/** One way out of a state, or into the definition. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'start' | 'entry' | 'outcome' | 'case' | 'unavailable' | 'signal' | 'deadline' | 'retry' | 'give-up';
  /** What choices that follow branch on. */
  readonly outcome?: TaskOutcome;
  /** What taking it says of the money. */
  readonly money: MoneyState | 'same';
}

/** Every way out of a state. */
export function edgesOf(from: string, state: State): readonly Edge[] {
  switch (state.type) {
    case 'task': {
      const { next, outcomes, onUnavailable } = state;
      const told = pairs(outcomes).map(
        ([outcome, money]) => ({ from, to: next, kind: 'outcome', outcome, money }) as const,
      );
      if (!onUnavailable) return told;
      const { next: to, money } = onUnavailable;
      return [...told, { from, to, kind: 'unavailable', money }];
    }
    case 'choice':
      return pairs(state.choices).map(([outcome, to]) => ({ from, to, kind: 'case', outcome, money: 'same' }));
    case 'wait':
      return [
        ...pairs(state.signals).map(([outcome, { next, money }]) => signalled(from, 'signal', outcome, next, money)),
        { from, to: state.onDeadline, kind: 'deadline', money: 'same' },
      ];
    case 'retryAfter':
      return [
        { from, to: state.next, kind: 'retry', money: 'same' },
        ...(state.giveUp ? [{ from, to: state.giveUp.next, kind: 'give-up', money: 'same' } as const] : []),
      ];
    case 'end':
      return [];
  }
}

/** Every way into a definition: a new order, and commands that start it from anywhere. */
export function edgesInto({ startAt, entries }: WorkflowDefinition): readonly Edge[] {
  return [
    { from: 'startAt', to: startAt, kind: 'start', money: 'none' },
    ...pairs(entries).map(([outcome, { next, money }]) =>
      signalled(`entries.${outcome}`, 'entry', outcome, next, money),
    ),
  ];
}

function signalled(
  from: string,
  kind: 'entry' | 'signal',
  outcome: TaskOutcome,
  to: string,
  money: MoneyState | 'same',
): Edge {
  return { from, to, kind, outcome, money };
}

export function pairs<K extends string, V>(record: Readonly<Partial<Record<K, V>>>): readonly (readonly [K, V])[] {
  return Object.entries(record) as [K, V][];
}

/** A state (never a choice: those are passed through) with what is true of the money there. */
export interface Place {
  readonly state: string;
  readonly money: MoneyState;
}

/** An edge as it is taken: through choices, with what was true of the money before. */
export interface Move {
  readonly edge: Edge;
  readonly before: MoneyState;
  readonly to: Place;
}
/** Everything that can happen on a definition. */
export interface Paths {
  readonly places: readonly Place[];
  readonly moves: readonly Move[];
  /** What arrives at each choice. */
  readonly arrivals: ReadonlyMap<string, readonly Edge[]>;
}

/** Walks a definition with everything that can be true of the customer's money in each state. */
export function explore(definition: WorkflowDefinition): Paths {
  const places = new Map<string, Place>();
  const moves: Move[] = [];
  const arrivals = new Map<string, Edge[]>();
  const open = edgesInto(definition).map((edge) => ({ edge, before: edge.money === 'same' ? 'none' : edge.money }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { edge, before } = next;
    const to = { state: land(definition, edge, arrivals), money: edge.money === 'same' ? before : edge.money };
    const state = definition.states[to.state];
    if (!state || state.type === 'choice') continue;
    moves.push({ edge, before, to });
    if (places.has(keyOf(to))) continue;
    places.set(keyOf(to), to);
    open.push(...edgesOf(to.state, state).map((out) => ({ edge: out, before: to.money })));
  }
  return { places: [...places.values()], moves, arrivals };
}

/** Where an edge leads when choices are passed through; the choice itself where it has no case, or where choices loop. */
function land({ states }: WorkflowDefinition, edge: Edge, arrivals: Map<string, Edge[]>): string {
  const passed = new Set<string>();
  let name = edge.to;
  for (let state = states[name]; state?.type === 'choice' && !passed.has(name); state = states[name]) {
    passed.add(name);
    arrivals.set(name, [...(arrivals.get(name) ?? []), edge]);
    name = (edge.outcome && state.choices[edge.outcome]) ?? name;
  }
  return name;
}

export function keyOf({ state, money }: Place): string {
  return `${state} ${money}`;
}

/** All that can be reached from `from` by at least one step. */
export function reach(from: string, steps: readonly (readonly [string, string])[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [from];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const [start, end] of steps) {
      if (start !== at || reached.has(end)) continue;
      reached.add(end);
      open.push(end);
    }
  }
  return reached;
}
