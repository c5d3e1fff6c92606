/**
 * Who may import whom: dependencies point inward, to the domain. Whatever is not allowed here is an error.
 */
const CORE = ['^shared/domain/', '^shared/ports/', '^shared/workflow/', '^shared/application/'];
const HANDLERS = '^functions/(http|events|workflow)/';

/** Modules of the project that `from` may import, besides its own. */
const layer = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(shared|functions|infra|tests|scripts)/', pathNot: allowed },
});

/** Packages and Node modules that `from` may import. */
const packages = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { dependencyTypesNot: ['local'], pathNot: allowed, path: '.' },
});

const adapter = (name, sdk) => packages(`${name}-sdk`, `^shared/adapters/${name}/`, ['^shared/', ...sdk]);

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    // k6 brings its modules with it.
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^k6(/|$)' } },
    {
      name: 'no-dev-packages-in-the-product',
      severity: 'error',
      from: { path: '^(shared|functions)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },

    layer('domain', '^shared/domain/', ['^shared/domain/']),
    layer('config', '^shared/config/', ['^shared/config/']),
    layer('ports', '^shared/ports/', ['^shared/(ports|domain)/']),
    layer('workflow', '^shared/workflow/', ['^shared/(workflow|ports|domain)/']),
    layer('application', '^shared/application/', CORE),
    layer('adapters', '^shared/adapters/([^/]+)/', ['^shared/adapters/$1/', '^shared/(ports|domain)/']),
    layer('handlers', HANDLERS, [...CORE, HANDLERS]),
    layer('platforms', '^functions/(local|aws|azure|gcp)/', ['^shared/', HANDLERS, '^functions/$1/']),
    // Of the adapters only plain data: which tables and rules they are written for.
    layer('infra', '^infra/', [
      '^infra/',
      // Alarms and dashboards name what the functions count.
      '^shared/ports/metrics\\.ts$',
      '^shared/domain/rules',
      '^shared/workflow/',
      '^shared/config/',
      '^shared/adapters/aws/(dynamodb-tables|event-patterns)',
    ]),

    packages('domain-packages', '^shared/domain/', ['^shared/']),
    packages('workflow-packages', '^shared/workflow/', ['^shared/']),
    packages('ports-packages', '^shared/ports/', ['^shared/', '^crypto$']),
    packages('config-packages', '^shared/config/', ['^shared/', '^path$', 'node_modules/zod/']),
    packages('application-packages', '^shared/application/', ['^shared/', '^crypto$', 'node_modules/canonicalize/']),
    adapter('memory', ['^crypto$', 'node_modules/tinyqueue/']),
    adapter('simulated', ['^crypto$']),
    adapter('sqlite', ['^(node:)?sqlite$', '^crypto$', '^fs$', '^path$', 'node_modules/(tinyqueue|lru-cache)/']),
    adapter('in-process', ['^crypto$', 'node_modules/@scure/base/']),
    adapter('smtp', ['node_modules/(@types/)?nodemailer/']),
    adapter('stripe', ['node_modules/stripe/']),
    adapter('aws', ['^crypto$', 'node_modules/@aws-sdk/client-']),
    packages('infra-packages', '^infra/', ['^(infra|shared)/', 'node_modules/@pulumi/', '^(node:)?(path|url|fs)$']),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
