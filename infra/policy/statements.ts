import { type Fields, fieldsOf, LATER, listOf, parsed } from './rule.ts';

/** One of a policy document. */
export interface Statement {
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Whom it is about, whatever kind they are; `*` is everybody. */
  readonly principals: readonly string[];
  readonly conditions: readonly Condition[];
  /** Whether it is about everything, or everybody, but what it names. */
  readonly allActionsBut: boolean;
  readonly allResourcesBut: boolean;
  readonly allPrincipalsBut: boolean;
}

interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** What tells one source from everybody; AWS reads names of keys in any case. */
const SOURCES = [
  'aws:principalaccount',
  'aws:principalarn',
  'aws:principalorgid',
  'aws:sourceaccount',
  'aws:sourcearn',
  'aws:sourceorgid',
  'aws:sourceowner',
];
/** `...IfExists` and `ForAllValues:` hold where there is no source at all. */
const NAMES = /^(String|Arn)(Equals|Like)$/;
/** An account, an organization, or an ARN that does not leave open whose, or what. */
const SOURCE = /^(\d{12}|o-[a-z0-9]+|arn:aws:[a-z0-9-]+:[^:*?]*:[^:*?]*:[^*?].*)$/;

/** Of a policy document, as a text or an object; none where it is known only later. */
export function statementsOf(document: unknown): readonly Statement[] {
  return listOf(parsed(document)['Statement']).map((statement) => statementOf(fieldsOf(statement)));
}

/** Those that allow something. */
export function allowedBy(document: unknown): readonly Statement[] {
  return statementsOf(document).filter(({ effect }) => effect === 'Allow');
}

/** Whether it only holds for what comes from a source that it names. */
export function namesSource({ conditions }: Statement): boolean {
  return conditions.some(
    ({ operator, key, values }) =>
      NAMES.test(operator) && SOURCES.includes(key.toLowerCase()) && values.length > 0 && values.every(isSource),
  );
}

/** Whether it is known whose it is; what is known later is somebody's of the plan. */
export function isSource(value: unknown): boolean {
  return value === LATER || SOURCE.test(String(value));
}

function statementOf(statement: Fields): Statement {
  return {
    effect: String(statement['Effect']),
    actions: texts(statement['Action']),
    resources: texts(statement['Resource']),
    principals: principalsOf(statement['Principal']),
    conditions: Object.entries(fieldsOf(statement['Condition'])).flatMap(([operator, keys]) =>
      Object.entries(fieldsOf(keys)).map(([key, values]) => ({ operator, key, values: texts(values) })),
    ),
    allActionsBut: statement['NotAction'] !== undefined,
    allResourcesBut: statement['NotResource'] !== undefined,
    allPrincipalsBut: statement['NotPrincipal'] !== undefined,
  };
}

/** `"*"`, or `{"AWS": ["..."], "Service": "..."}`. */
function principalsOf(principal: unknown): readonly string[] {
  return typeof principal === 'string' ? [principal] : Object.values(fieldsOf(principal)).flatMap(texts);
}

const texts = (value: unknown): readonly string[] => listOf(value).map(String);
