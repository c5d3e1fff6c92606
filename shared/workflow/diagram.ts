import { ORDER_STATUSES, type OrderStatus } from '../domain/order.ts';
import { TRANSITIONS } from '../domain/transitions.ts';
import type { State, WorkflowDefinition } from './definition.ts';
import { type Edge, edgesInto, edgesOf } from './paths.ts';

/** A line of a diagram: where it begins, where it leads, and what it says. */
interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** The begin or the end of a diagram, in Mermaid's own notation. */
const OUTSIDE = '[*]';

/** A definition as a Mermaid state diagram: every state, and every way between them with what takes it. */
export function stateDiagram(definition: WorkflowDefinition): string {
  const states = Object.entries(definition.states);
  const arrows = [
    ...edgesInto(definition).map((edge) => ({ from: OUTSIDE, to: edge.to, label: labelOf(edge) })),
    ...states.flatMap(([name, state]) => arrowsFrom(name, state, definition)),
  ];
  return drawn(arrows);
}

/** The statuses of an order as a Mermaid state diagram. */
export function statusDiagram(): string {
  const arrows = ORDER_STATUSES.flatMap((from) => [
    ...TRANSITIONS[from].map((to) => ({ from, to, label: '' })),
    ...(TRANSITIONS[from].length === 0 ? [{ from, to: OUTSIDE, label: '' }] : []),
  ]);
  return drawn([{ from: OUTSIDE, to: 'pending', label: 'order placed' }, ...arrows]);
}

/** The statuses of an order as a Markdown table. */
export function statusTable(): string {
  const row = (status: OrderStatus) => {
    const next = TRANSITIONS[status].map((to) => `\`${to}\``).join(', ');
    return `| \`${status}\` | ${next || 'nothing: this is an end'} |`;
  };
  return ['| status | may become |', '|---|---|', ...ORDER_STATUSES.map(row)].join('\n');
}

function arrowsFrom(name: string, state: State, { states }: WorkflowDefinition): readonly Arrow[] {
  if (state.type === 'end') return [{ from: name, to: OUTSIDE, label: `money ${state.money.join(' or ')}` }];
  return edgesOf(name, state).map((edge) => {
    // A choice says by its own arrows what each outcome leads to.
    const told = edge.kind === 'outcome' && states[edge.to]?.type === 'choice';
    return { from: name, to: edge.to, label: told ? '' : labelOf(edge, state) };
  });
}

function labelOf({ kind, outcome }: Edge, state?: State): string {
  switch (kind) {
    case 'start':
      return 'new order';
    case 'entry':
      return `from anywhere, on ${outcome}`;
    case 'outcome':
    case 'case':
      return outcome ?? '';
    case 'signal':
      return `signal ${outcome}`;
    case 'deadline':
      return state?.type === 'wait' ? `deadline after ${state.timeout}` : kind;
    case 'retry':
      return state?.type === 'retryAfter' ? `after ${spanOf(state.baseMs)}, doubling to ${spanOf(state.capMs)}` : kind;
    case 'give-up':
      return state?.type === 'retryAfter' ? `gives up after ${state.giveUp?.afterAttempts} rounds` : kind;
    case 'unavailable':
      return kind;
  }
}

function spanOf(ms: number): string {
  if (ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`;
}

function drawn(arrows: readonly Arrow[]): string {
  const ids = idsFor(arrows.flatMap(({ from, to }) => [from, to]));
  const idOf = (name: string) => ids.get(name) ?? name;
  const aliases = [...ids]
    .filter(([name, id]) => name !== id)
    .map(([name, id]) => `state "${name.replaceAll('"', "'")}" as ${id}`);
  const lines = merged(arrows).map(({ from, to, label }) => {
    const ends = `${idOf(from)} --> ${idOf(to)}`;
    return label === '' ? ends : `${ends} : ${label}`;
  });
  return ['stateDiagram-v2', ...[...aliases, ...lines].map((line) => `  ${line}`)].join('\n');
}

/** Two arrows between the same states are one, with both labels. */
function merged(arrows: readonly Arrow[]): readonly Arrow[] {
  const byEnds = new Map<string, Arrow>();
  for (const arrow of arrows) {
    const key = JSON.stringify([arrow.from, arrow.to]);
    const labels = [byEnds.get(key)?.label, arrow.label].filter((label) => label !== undefined && label !== '');
    byEnds.set(key, { ...arrow, label: labels.join(', ') });
  }
  return [...byEnds.values()];
}

/** Mermaid's ids are letters, digits and underscores: the name without the rest, numbered where two become one. */
function idsFor(names: readonly string[]): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const name of new Set(names)) {
    if (name === OUTSIDE) continue;
    const plain = name.replaceAll(/\W/g, '') || 'state';
    const taken = new Set(ids.values());
    let id = plain;
    for (let number = 2; taken.has(id); number += 1) id = `${plain}_${number}`;
    ids.set(name, id);
  }
  return ids;
}
