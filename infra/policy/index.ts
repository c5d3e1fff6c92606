import { PolicyPack, type ResourceValidationPolicy, type StackValidationPolicy } from '@pulumi/policy';
import { type Resource, RULES, type Rule } from './rules.ts';

/** The rules as a CrossGuard pack: `pulumi preview --policy-pack dist/policy`, and on every `npm run up`. */
new PolicyPack('tricloud-orders', { policies: RULES.map(policyOf) });

function policyOf(rule: Rule): ResourceValidationPolicy | StackValidationPolicy {
  const { name, description, level, resource, stack } = rule;
  const about = { name, description, enforcementLevel: level };
  if (resource) {
    return {
      ...about,
      validateResource: ({ type, name: called, urn, props, opts }, report) => {
        const message = resource({ type, name: called, urn, inputs: props, protect: opts.protect }, isProduction(urn));
        if (message !== undefined) report(message);
      },
    };
  }
  return {
    ...about,
    validateStack: ({ resources }, report) => {
      const planned = resources.map(
        ({ type, name: called, urn, props, opts }): Resource => ({
          type,
          name: called,
          urn,
          inputs: props,
          protect: opts.protect,
        }),
      );
      const production = planned.some(({ urn }) => isProduction(urn));
      for (const { resource: found, message } of stack?.(planned, production) ?? []) report(message, found.urn);
    },
  };
}

/** By the stack's name: `<cloud>-<environment>`. */
function isProduction(urn: string): boolean {
  return /^urn:pulumi:[a-z]+-prod::/.test(urn);
}
