/** A resource as a program registers it. What is known only later is {@link LATER}. */
export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly inputs: Fields;
  readonly protect: boolean;
}

export interface Rule {
  readonly name: string;
  readonly description: string;
  /** `mandatory` stops a deployment; `advisory` is only told. */
  readonly level: 'mandatory' | 'advisory';
  /** What is wrong with one resource; nothing where it keeps the rule, or is none of its business. */
  readonly resource?: (resource: Resource, production: boolean) => string | undefined;
  /** What is wrong with resources together, by resource. A rule looks at one or at all of them, never at both. */
  readonly stack?: (resources: readonly Resource[], production: boolean) => readonly Finding[];
}

export interface Finding {
  readonly resource: Resource;
  readonly message: string;
}

/** What a rule looks at. */
export type Check = Pick<Rule, 'resource' | 'stack'>;

export type Fields = Readonly<Record<string, unknown>>;

/** In the place of an input that only the cloud knows, as long as there is nothing yet. */
export const LATER = '(known later)';

export const BUCKET = 'aws:s3/bucket:Bucket';
export const FUNCTION = 'aws:lambda/function:Function';
export const LOG_GROUP = 'aws:cloudwatch/logGroup:LogGroup';
export const ALARM = 'aws:cloudwatch/metricAlarm:MetricAlarm';
export const MAPPING = 'aws:lambda/eventSourceMapping:EventSourceMapping';
export const QUEUE = 'aws:sqs/queue:Queue';
export const ROLE = 'aws:iam/role:Role';

/** Of queues that hold dead letters. */
export const DEAD = /-dead-letters$/;

export const mandatory = (name: string, description: string, check: Check): Rule => ({
  name,
  description,
  level: 'mandatory',
  ...check,
});
export const advisory = (name: string, description: string, check: Check): Rule => ({
  name,
  description,
  level: 'advisory',
  ...check,
});

/** What is wrong with each resource of one type, by its inputs. */
export function of(
  type: string,
  check: (inputs: Fields) => string | undefined,
): (resource: Resource) => string | undefined {
  return (resource) => (resource.type === type ? check(resource.inputs) : undefined);
}

/** What is wrong with each resource of one type, by what there is beside it. */
export function among(
  type: string,
  check: (resource: Resource, resources: readonly Resource[]) => string | undefined,
): (resources: readonly Resource[]) => readonly Finding[] {
  return (resources) =>
    all(resources, type).flatMap((resource) => {
      const message = check(resource, resources);
      return message === undefined ? [] : [{ resource, message }];
    });
}

export const all = (resources: readonly Resource[], type: string): readonly Resource[] =>
  resources.filter((resource) => resource.type === type);
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];
export const at = (inputs: Fields, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => fieldsOf(value)[key], inputs);

/** Of JSON, as a text or as it is; nothing where it is known later, or no JSON. */
export function parsed(value: unknown): Fields {
  if (typeof value !== 'string') return fieldsOf(value);
  try {
    return fieldsOf(JSON.parse(value));
  } catch {
    return {};
  }
}
