import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { RULES } from '../../infra/policy/rules.ts';
import { bundlePolicyPack } from '../../scripts/bundle.ts';
import type { PlannedResource } from '../../scripts/plan/recorded.ts';

const load = createRequire(import.meta.url);
const messages = load('@pulumi/pulumi/proto/analyzer_pb.js') as typeof import('@pulumi/pulumi/proto/analyzer_pb.js');
const { AnalyzerClient } = load('@pulumi/pulumi/proto/analyzer_grpc_pb.js');
const { Empty } = load('google-protobuf/google/protobuf/empty_pb.js');
const { Struct } = load('google-protobuf/google/protobuf/struct_pb.js');
const HOST = join(dirname(load.resolve('@pulumi/pulumi/package.json')), 'cmd/run-policy-pack/index.js');

interface Diagnostic {
  readonly policy: string;
  readonly urn: string;
}

/** Pulumi's own sign, on the wire, for a text that is known only later. */
const UNKNOWN_TEXT = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

/** As far as the answers are looked at. */
interface Answer {
  getDiagnosticsList(): readonly { getPolicyname(): string; getUrn(): string }[];
  getPoliciesList(): readonly { getName(): string }[];
}

describe("the policy pack in Pulumi's own host", () => {
  let folder: string;
  let host: ChildProcess;
  let client: { close(): void };
  let call: (method: string, request: object) => Promise<Answer>;
  beforeAll(async () => {
    // Inside the project, so that the pack finds its packages as it does in dist.
    folder = await mkdtemp(join(process.cwd(), 'node_modules/.policy-'));
    const pack = await bundlePolicyPack(folder);
    host = spawn(process.execPath, [HOST, '127.0.0.1:1', pack], { cwd: pack, stdio: ['ignore', 'pipe', 'inherit'] });
    if (!host.stdout) throw new Error('the host has no output');
    const [port] = await once(createInterface({ input: host.stdout }), 'line');
    const made = new AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure());
    client = made;
    call = (method, request) =>
      new Promise((resolve, reject) => {
        made[method](request, (error: Error | null, answer: never) => (error ? reject(error) : resolve(answer)));
      });
  }, 60_000);
  afterAll(async () => {
    client.close();
    host.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const options = ({ protect }: PlannedResource) => {
    const made = new messages.AnalyzerResourceOptions();
    made.setProtect(protect);
    return made;
  };
  /** Of a resource policy's findings the host does not say which resource they are about: it was asked about one. */
  const told = (answer: Answer, urn = ''): readonly Diagnostic[] =>
    answer.getDiagnosticsList().map((one) => ({ policy: one.getPolicyname(), urn: one.getUrn() || urn }));

  async function analyzed(resources: readonly PlannedResource[]): Promise<readonly Diagnostic[]> {
    const found: Diagnostic[] = [];
    const stack = new messages.AnalyzeStackRequest();
    for (const resource of resources) {
      const { type, urn, name, inputs } = resource;
      const request = new messages.AnalyzeRequest();
      const planned = new messages.AnalyzerResource();
      for (const each of [request, planned]) {
        each.setType(type);
        each.setUrn(urn);
        each.setName(name);
        each.setProperties(Struct.fromJavaScript(inputs));
        each.setOptions(options(resource));
      }
      stack.addResources(planned);
      found.push(...told(await call('analyze', request), urn));
    }
    return [...found, ...told(await call('analyzeStack', stack))];
  }

  const broken = (resources: readonly PlannedResource[]) =>
    resources
      .filter(({ type, name }) => !(type.endsWith(':BucketPublicAccessBlock') && name === 'receipts'))
      .map((one) =>
        one.type.endsWith(':LogGroup') && one.name === 'api'
          ? { ...one, inputs: { ...one.inputs, retentionInDays: 0 } }
          : one,
      );
  const BROKEN = [
    ['bucket-public-access', 'receipts'],
    ['log-retention', 'api'],
  ];
  const names = (found: readonly Diagnostic[]) =>
    found.map(({ policy, urn }) => [policy, urn.split('::').at(-1)]).toSorted();

  it('has every rule', async () => {
    const info = await call('getAnalyzerInfo', new Empty());
    const policies = info.getPoliciesList().map((policy) => policy.getName());
    expect(policies.toSorted()).toEqual(RULES.map(({ name }) => name).toSorted());
  });

  it('finds nothing in the plan of prod, and what is broken in another one', async () => {
    const { resources } = inject('plans').prod;
    expect(await analyzed(resources)).toEqual([]);
    expect(names(await analyzed(broken(resources)))).toEqual(BROKEN);
  }, 60_000);

  it('finds the same in a first preview, where no ARN is known yet', async () => {
    const first = inject('plans').prod.resources.map((one) => {
      const inputs = JSON.stringify(one.inputs, (_, value: unknown) =>
        typeof value === 'string' && /000000000000|0123abc/.test(value) ? UNKNOWN_TEXT : value,
      );
      return { ...one, inputs: JSON.parse(inputs) as PlannedResource['inputs'] };
    });
    expect(JSON.stringify(first)).toContain(UNKNOWN_TEXT);
    expect(await analyzed(first)).toEqual([]);
    expect(names(await analyzed(broken(first)))).toEqual(BROKEN);
  }, 60_000);
});
