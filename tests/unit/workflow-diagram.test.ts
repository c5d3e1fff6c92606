import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDiagrams } from '../../scripts/diagram.ts';
import { ORDER_STATUSES } from '../../shared/domain/order.ts';
import { TRANSITIONS } from '../../shared/domain/transitions.ts';
import type { WorkflowDefinition } from '../../shared/workflow/definition.ts';
import { stateDiagram, statusDiagram, statusTable } from '../../shared/workflow/diagram.ts';
import { orderWorkflowV1 } from '../../shared/workflow/order-workflow.ts';

const SMALL: WorkflowDefinition = {
  version: 1,
  startAt: 'Check it!',
  entries: { refund_due: { next: 'Check it?', money: 'held' } },
  states: {
    'Check it!': {
      type: 'task',
      task: 'validateOrder',
      timeoutMs: 1_000,
      outcomes: { ready: 'none', approval_required: 'none' },
      onUnavailable: { next: 'Rest', money: 'same' },
      next: 'Check it?',
    },
    'Check it?': { type: 'choice', choices: { ready: 'Wait', approval_required: 'Wait', refund_due: 'End "it"' } },
    Wait: {
      type: 'wait',
      signals: { approved: { next: 'End "it"', money: 'none' } },
      timeout: 'approvalTimeoutMs',
      onDeadline: 'Check it!',
    },
    Rest: {
      type: 'retryAfter',
      baseMs: 1_500,
      capMs: 30_000,
      alertAfterMs: 1,
      alertReason: 'slow',
      while: ['pending'],
      next: 'Check it!',
      giveUp: { afterAttempts: 3, next: 'Check it!' },
    },
    'End "it"': { type: 'end', money: ['none', 'kept'] },
  },
};

describe('the diagram of a definition', () => {
  test('shows every state and every way, by what takes it', () => {
    expect(stateDiagram(SMALL).split('\n')).toEqual([
      'stateDiagram-v2',
      '  state "Check it!" as Checkit',
      '  state "Check it?" as Checkit_2',
      '  state "End \'it\'" as Endit',
      '  [*] --> Checkit : new order',
      '  [*] --> Checkit_2 : from anywhere, on refund_due',
      '  Checkit --> Checkit_2',
      '  Checkit --> Rest : unavailable',
      '  Checkit_2 --> Wait : ready, approval_required',
      '  Checkit_2 --> Endit : refund_due',
      '  Wait --> Endit : signal approved',
      '  Wait --> Checkit : deadline after approvalTimeoutMs',
      '  Rest --> Checkit : after 1500 ms, doubling to 30 s, gives up after 3 rounds',
      '  Endit --> [*] : money none or kept',
    ]);
  });

  test('names all states of the shipped workflow, with ids that Mermaid takes', () => {
    const lines = stateDiagram(orderWorkflowV1).split('\n').slice(1);
    const id = String.raw`(\[\*\]|\w+)`;
    const legal = new RegExp(String.raw`^ {2}(state "[^"]+" as \w+|${id} --> ${id}( : [^:;#]+)?)$`);
    expect(lines.filter((line) => !legal.test(line))).toEqual([]);
    const shown = lines.join('\n');
    expect(Object.keys(orderWorkflowV1.states).filter((name) => !shown.includes(name))).toEqual([]);
    expect(shown).toContain('state "PaymentSuccessful?" as PaymentSuccessful\n');
    expect(shown).toContain('RetrySettlement --> SettlePayment : after 1 min, doubling to 60 min\n');
    expect(shown).toContain('[*] --> SettlePayment : from anywhere, on settlement_due\n');
  });
});

describe('the statuses', () => {
  test('are a diagram of exactly the legal moves, with the final ones at the end', () => {
    const lines = statusDiagram().split('\n').slice(1);
    const moves = ORDER_STATUSES.flatMap((from) => TRANSITIONS[from].map((to) => `  ${from} --> ${to}`));
    const ends = ORDER_STATUSES.filter((from) => TRANSITIONS[from].length === 0).map((from) => `  ${from} --> [*]`);
    expect(lines.toSorted()).toEqual(['  [*] --> pending : order placed', ...moves, ...ends].toSorted());
  });

  test('are a table with one row each', () => {
    const rows = statusTable().split('\n');
    expect(rows).toHaveLength(2 + ORDER_STATUSES.length);
    expect(rows).toContain('| `delivered` | `refunding` |');
    expect(rows).toContain('| `cancelled` | nothing: this is an end |');
  });
});

describe('scripts/diagram.ts', () => {
  const script = fileURLToPath(new URL('../../scripts/diagram.ts', import.meta.url));
  const page = fileURLToPath(new URL('../../docs/architecture.md', import.meta.url));
  const run = (...args: string[]) => spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  let folder: string;
  let drifted: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'diagram-'));
    drifted = readFileSync(page, 'utf8').replace(
      'OpenPayment --> ProcessPayment : opened',
      'OpenPayment --> OrderFailed',
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const copy = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };

  test('finds that the architecture page shows the workflow as it is', () => {
    const { status, stderr } = run('--check');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  test('fails on a page that has drifted, says so, and leaves it alone', () => {
    const file = copy('drifted.md', drifted);
    const { status, stderr } = run('--check', '--file', file);
    expect(status).toBe(1);
    expect(stderr).toContain(`${file} is not up to date`);
    expect(readFileSync(file, 'utf8')).toBe(drifted);
  });

  test('writes what lies between the markers, and nothing else', () => {
    const file = copy('written.md', drifted);
    expect(run('--file', file).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(page, 'utf8'));
  });

  test('refuses a page without markers', () => {
    expect(() => withDiagrams('# Nothing here')).toThrow('the page has no <!-- workflow:start -->');
    const file = copy('bare.md', '# Nothing here');
    const { status, stderr } = run('--file', file);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^diagram: the page has no <!-- workflow:start -->/);
  });

  test('explains itself, and takes no option that it does not know', () => {
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('Usage:') });
    expect(run('--chek')).toMatchObject({ status: 1, stderr: expect.stringContaining("Unknown option '--chek'") });
  });
});
