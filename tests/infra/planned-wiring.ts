import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import type { StateMachine } from '../../infra/aws/state-machine.ts';
import type { Plan, PlannedResource } from '../../scripts/plan/recorded.ts';
import type { EventPattern } from '../../shared/adapters/aws/event-patterns.ts';
import { CONSUMERS, type Consumer } from '../../shared/domain/rules.ts';
import type { AwsWiring, PlannedQueue } from '../platforms/aws/wiring.ts';

/** A deployment wired as a plan says, and by nothing else: its tables, queues, rules, state machine, and what each function is told. */
export function plannedWiring(plan: Plan): AwsWiring {
  const queueOf = (consumer: Consumer): PlannedQueue => {
    const { name, redrivePolicy } = resource(plan, 'sqs/queue:Queue', consumer).inputs;
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(String(redrivePolicy)) as {
      deadLetterTargetArn: string;
      maxReceiveCount: number;
    };
    return { queue: String(name), dead: lastOf(deadLetterTargetArn), maxReceives: maxReceiveCount };
  };
  const tables = all<TableInputs>(plan, 'dynamodb/table:Table').map(({ name, inputs }) => [name, tableOf(inputs)]);
  return {
    tables: Object.fromEntries(tables),
    queues: Object.fromEntries(CONSUMERS.map((consumer) => [consumer, queueOf(consumer)])) as AwsWiring['queues'],
    rules: all<TargetInputs>(plan, 'cloudwatch/eventTarget:EventTarget').map(
      ({ inputs: { rule, arn, inputPath } }) => ({
        pattern: patternOf(plan, rule),
        queue: lastOf(arn),
        ...(inputPath !== undefined && { inputPath }),
      }),
    ),
    secrets: plan.outputs['secrets'] as AwsWiring['secrets'],
    stateMachine: JSON.parse(
      String(resource(plan, 'sfn/stateMachine:StateMachine', 'segments').inputs['definition']),
    ) as StateMachine,
    environmentOf: (fn) => {
      const { variables } = resource(plan, 'lambda/function:Function', fn).inputs['environment'] as {
        variables: Record<string, string>;
      };
      return variables;
    },
  };
}

/** A planned resource by its type, without the provider's name, and its own. */
export function resource({ resources }: Plan, type: string, name: string): PlannedResource {
  const found = resources.find((one) => one.type === `aws:${type}` && one.name === name);
  if (!found) throw new Error(`the plan has no ${type} ${name}`);
  return found;
}

/** All planned resources of a type, with the inputs that are looked at. */
export function all<Inputs>({ resources }: Plan, type: string): readonly { name: string; inputs: Inputs }[] {
  return resources
    .filter((one) => one.type === `aws:${type}`)
    .map(({ name, inputs }) => ({ name, inputs: inputs as Inputs }));
}

interface TargetInputs {
  readonly rule: string;
  readonly arn: string;
  readonly inputPath?: string;
}

interface TableInputs {
  readonly name: string;
  readonly hashKey: string;
  readonly billingMode: 'PAY_PER_REQUEST';
  readonly attributes: readonly { readonly name: string; readonly type: 'N' | 'S' }[];
  readonly globalSecondaryIndexes: readonly {
    readonly name: string;
    readonly hashKey: string;
    readonly rangeKey: string;
    readonly projectionType: 'ALL' | 'KEYS_ONLY';
  }[];
  readonly streamEnabled?: boolean;
  readonly streamViewType?: 'NEW_IMAGE';
}

function tableOf(inputs: TableInputs): CreateTableCommandInput {
  const indexes = inputs.globalSecondaryIndexes.map(({ name, hashKey, rangeKey, projectionType }) => ({
    IndexName: name,
    KeySchema: [
      { AttributeName: hashKey, KeyType: 'HASH' as const },
      { AttributeName: rangeKey, KeyType: 'RANGE' as const },
    ],
    Projection: { ProjectionType: projectionType },
  }));
  return {
    TableName: inputs.name,
    BillingMode: inputs.billingMode,
    AttributeDefinitions: inputs.attributes.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
    KeySchema: [{ AttributeName: inputs.hashKey, KeyType: 'HASH' }],
    ...(indexes.length > 0 && { GlobalSecondaryIndexes: indexes }),
    ...(inputs.streamEnabled && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: inputs.streamViewType },
    }),
  };
}

function patternOf(plan: Plan, rule: string): EventPattern {
  const rules = all<{ name: string; eventPattern: string }>(plan, 'cloudwatch/eventRule:EventRule');
  const found = rules.find(({ inputs }) => inputs.name === rule);
  if (!found) throw new Error(`the plan has no rule ${rule}`);
  return JSON.parse(found.inputs.eventPattern) as EventPattern;
}

function lastOf(arn: string): string {
  return arn.split(':').at(-1) ?? '';
}
