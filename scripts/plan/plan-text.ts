import type { PolicyFinding } from '../../infra/policy/rules.ts';
import { table } from '../table.ts';
import type { Plan, PlannedResource } from './recorded.ts';

/** The resources as a tree, how many there are of each type, the outputs, and what the rules found. */
export function planText(plan: Plan, findings: readonly PolicyFinding[], problems: readonly string[]): string {
  const real = plan.resources.filter(({ custom, type }) => custom && !type.startsWith('pulumi:'));
  return [
    treeOf(plan.resources).join('\n'),
    countsOf(real),
    outputsOf(plan.outputs),
    ...plan.log,
    ...problems.map((problem) => `does not type-check: ${problem}`),
    ...findings.map((finding) => `${finding.rule.level}: ${findingText(finding)}`),
    `${plan.stack}: ${real.length} ${real.length === 1 ? 'resource' : 'resources'}, ${problems.length} problems of types, ${findings.length} findings of the rules`,
  ].join('\n\n');
}

export function findingText({ rule, resource, message }: PolicyFinding): string {
  return `${rule.name}: ${resource.type} ${resource.name} ${message}`;
}

function treeOf(resources: readonly PlannedResource[]): string[] {
  const children = Map.groupBy(resources, ({ parent }) => parent);
  const lines = (parent: string | undefined, depth: number): string[] =>
    (children.get(parent) ?? []).flatMap((resource) => [
      `${'  '.repeat(depth)}${resource.name}  ${resource.type}${resource.protect ? '  (protected)' : ''}`,
      ...lines(resource.urn, depth + 1),
    ]);
  return lines(undefined, 0);
}

function countsOf(resources: readonly PlannedResource[]): string {
  const counts = [...Map.groupBy(resources, ({ type }) => type)].map(([type, all]) => [String(all.length), type]);
  return table(
    ['count', 'type'],
    counts.toSorted((left, right) => Number(right[0]) - Number(left[0])),
  );
}

function outputsOf(outputs: Plan['outputs']): string {
  const rows = Object.entries(outputs).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return table(['output', 'value'], rows);
}

/** What differs between two plans, a line each: for whoever reviews a change. */
export function planDiff(before: Plan, after: Plan): readonly string[] {
  const [old, young] = [byUrn(before), byUrn(after)];
  const gone = [...old.keys()].filter((urn) => !young.has(urn)).map((urn) => `- ${titleOf(old.get(urn))}`);
  const lines = [...young].flatMap(([urn, resource]) => {
    const known = old.get(urn);
    if (!known) return [`+ ${titleOf(resource)}`];
    const changes = changesOf(known, resource);
    return changes.length === 0 ? [] : [`~ ${titleOf(resource)}`, ...changes.map((change) => `    ${change}`)];
  });
  return [...gone, ...lines];
}

function byUrn({ resources }: Plan): ReadonlyMap<string, PlannedResource> {
  return new Map(resources.map((resource) => [resource.urn, resource]));
}

function titleOf(resource: PlannedResource | undefined): string {
  return resource ? `${resource.name}  ${resource.type}` : '';
}

function changesOf(before: PlannedResource, after: PlannedResource): readonly string[] {
  const keys = [...new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)])];
  const inputs = keys.flatMap((key) => {
    const [old, young] = [JSON.stringify(before.inputs[key]), JSON.stringify(after.inputs[key])];
    return old === young ? [] : [`${key}: ${short(old)} -> ${short(young)}`];
  });
  return before.protect === after.protect ? inputs : [...inputs, `protected: ${before.protect} -> ${after.protect}`];
}

const LONGEST = 300;

function short(text = '(none)'): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}
