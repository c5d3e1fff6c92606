import {
  ALARM,
  all,
  among,
  at,
  DEAD,
  type Fields,
  type Finding,
  fieldsOf,
  LATER,
  listOf,
  MAPPING,
  mandatory,
  of,
  parsed,
  QUEUE,
  type Resource,
  type Rule,
} from './rule.ts';

const EVENT_INVOKE = 'aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig';
const RULE_TARGET = 'aws:cloudwatch/eventTarget:EventTarget';
/** Of what a consumer of a stream gives up on: what was kept, and what was not. */
const GIVEN_UP = ['OnFailureDestinationDeliveredEventCount', 'DroppedEventCount'] as const;
const SCHEDULE = 'aws:scheduler/schedule:Schedule';

/** Where a resource names what takes its dead letters; a queue does so in its `redrivePolicy`. */
const DESTINATIONS: readonly { readonly type: string; readonly path: readonly string[] }[] = [
  { type: EVENT_INVOKE, path: ['destinationConfig', 'onFailure', 'destination'] },
  { type: MAPPING, path: ['destinationConfig', 'onFailure', 'destinationArn'] },
  { type: RULE_TARGET, path: ['deadLetterConfig', 'arn'] },
  { type: SCHEDULE, path: ['target', 'deadLetterConfig', 'arn'] },
];

/** Nothing that fails is lost. */
export const DEAD_LETTER_RULES: readonly Rule[] = [
  mandatory('queue-dead-letters', 'What a queue cannot hand out ends in a dead-letter queue.', {
    stack: among(QUEUE, (queue, resources) => {
      if (givesUp(queue.inputs)) return undefined;
      if (!DEAD.test(queue.name)) return 'has no dead-letter queue, or no number of receives';
      return takesDeadLetters(queue, resources) ? undefined : 'takes the dead letters of nothing';
    }),
  }),
  mandatory('rule-dead-letters', 'What a rule cannot deliver is tried again, and ends in a dead-letter queue.', {
    resource: of(RULE_TARGET, deadLettersOfTarget),
  }),
  mandatory(
    'schedule-dead-letters',
    'What a schedule cannot start is tried again, and ends in a dead-letter queue, as does what fails in a function.',
    {
      stack: among(SCHEDULE, ({ inputs: { target } }, resources) => {
        const called = fieldsOf(target);
        return deadLettersOfTarget(called) ?? deadLettersOfCalls(called['arn'], resources);
      }),
    },
  ),
  mandatory('stream-dead-letters', 'What a consumer of a stream gives up on is kept.', {
    resource: of(MAPPING, (inputs) => {
      if (inputs['startingPosition'] === undefined) return undefined;
      if (at(inputs, 'destinationConfig', 'onFailure', 'destinationArn') === undefined)
        return 'has no destination for what fails';
      return inputs['maximumRecordAgeInSeconds'] === undefined ? 'does not say for how long it tries' : undefined;
    }),
  }),
  mandatory('dead-letter-alarms', 'Whatever is given up on raises an alarm that reaches somebody.', {
    stack: (resources) => [...queuesUnwatched(resources), ...streamsUnwatched(resources)],
  }),
];

function queuesUnwatched(resources: readonly Resource[]): readonly Finding[] {
  const watched = alarmsOn('ApproximateNumberOfMessagesVisible', resources).map(({ inputs }) =>
    at(inputs, 'dimensions', 'QueueName'),
  );
  // As long as it is known later which queue an alarm watches, it may be this one.
  const mayBe = watched.includes(LATER);
  return all(resources, QUEUE)
    .filter(({ name, inputs }) => DEAD.test(name) && !mayBe && !watched.includes(inputs['name']))
    .map((resource) => ({ resource, message: 'has no alarm with an action' }));
}

/** Alarms name a consumer of a stream by what only AWS knows: there have to be as many as there are consumers. */
function streamsUnwatched(resources: readonly Resource[]): readonly Finding[] {
  const streams = all(resources, MAPPING).filter(({ inputs }) => inputs['startingPosition'] !== undefined);
  const unwatched = GIVEN_UP.filter((metric) => alarmsOn(metric, resources).length < streams.length);
  return streams.flatMap((resource) => {
    if (!listOf(at(resource.inputs, 'metricsConfig', 'metrics')).includes('EventCount'))
      return [{ resource, message: 'does not count what it gives up on' }];
    return unwatched.map((metric) => ({ resource, message: `has no alarm with an action on ${metric}` }));
  });
}

function alarmsOn(metric: string, resources: readonly Resource[]): readonly Resource[] {
  return all(resources, ALARM).filter(
    ({ inputs }) => inputs['metricName'] === metric && listOf(inputs['alarmActions']).length > 0,
  );
}

function givesUp({ redrivePolicy }: Fields): boolean {
  if (redrivePolicy === LATER) return true;
  const { deadLetterTargetArn, maxReceiveCount } = parsed(redrivePolicy);
  return Boolean(deadLetterTargetArn) && Number(maxReceiveCount) >= 1;
}

/** As long as a destination is known later, a queue that is called so may be it. */
function takesDeadLetters({ inputs: { name } }: Resource, resources: readonly Resource[]): boolean {
  const redriven = all(resources, QUEUE).map(({ inputs: { redrivePolicy } }) =>
    redrivePolicy === LATER ? LATER : parsed(redrivePolicy)['deadLetterTargetArn'],
  );
  const sent = DESTINATIONS.flatMap(({ type, path }) => all(resources, type).map(({ inputs }) => at(inputs, ...path)));
  return [...redriven, ...sent].some((arn) => arn === LATER || String(arn).endsWith(`:${name}`));
}

function deadLettersOfTarget(target: Fields): string | undefined {
  if (at(target, 'deadLetterConfig', 'arn') === undefined) return 'has no dead-letter queue';
  return target['retryPolicy'] === undefined ? 'does not say how often it is tried' : undefined;
}

/** The clock hands a call over and does not wait: what fails then is Lambda's to keep. */
function deadLettersOfCalls(arn: unknown, resources: readonly Resource[]): string | undefined {
  const [, fn] = String(arn).split(':function:');
  const kept = all(resources, EVENT_INVOKE).filter(
    ({ inputs }) => at(inputs, 'destinationConfig', 'onFailure', 'destination') !== undefined,
  );
  return fn === undefined || kept.some(({ inputs: { functionName } }) => [fn, arn, LATER].includes(functionName))
    ? undefined
    : 'calls a function that keeps nothing of what fails';
}
