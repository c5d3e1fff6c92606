import {
  PolicyPack,
  type PolicyResource,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
  UnknownValueError,
} from '@pulumi/policy';
import { type Fields, LATER } from './rule.ts';
import { type Resource, RULES, type Rule } from './rules.ts';

/** The rules as a CrossGuard pack: `pulumi preview --policy-pack dist/policy`, and on every `npm run up`. */
new PolicyPack('tricloud-orders', { policies: RULES.map(policyOf) });

function policyOf(rule: Rule): ResourceValidationPolicy | StackValidationPolicy {
  const { name, description, level, resource, stack } = rule;
  const about = { name, description, enforcementLevel: level };
  if (resource) {
    return {
      ...about,
      validateResource: (args, report) => {
        const message = resource(plain(args), isProduction(args.urn));
        if (message !== undefined) report(message);
      },
    };
  }
  return {
    ...about,
    validateStack: ({ resources }, report) => {
      const production = resources.some(({ urn }) => isProduction(urn));
      for (const { resource: found, message } of stack?.(resources.map(plain), production) ?? [])
        report(message, found.urn);
    },
  };
}

function plain({ type, name, urn, props, opts }: PolicyResource | ResourceValidationArgs): Resource {
  return { type, name, urn, inputs: known(props) as Fields, protect: opts.protect };
}

/** A copy that can be read to the end: Pulumi's own inputs throw where they are known only later, and end the rule. */
function known(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.keys(value).map((key) => [key, fieldOf(value as Fields, key)] as const);
  return Array.isArray(value) ? fields.map(([, field]) => field) : Object.fromEntries(fields);
}

function fieldOf(fields: Fields, key: string): unknown {
  try {
    return known(fields[key]);
  } catch (error) {
    if (error instanceof UnknownValueError) return LATER;
    throw error;
  }
}

/** By the stack's name: `<cloud>-<environment>`. */
function isProduction(urn: string): boolean {
  return /^urn:pulumi:[a-z]+-prod::/.test(urn);
}
