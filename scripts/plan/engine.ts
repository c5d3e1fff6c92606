import { createRequire } from 'node:module';
import { type handleUnaryCall, Server, ServerCredentials, type ServiceDefinition, status } from '@grpc/grpc-js';
import { computedOf } from './computed.ts';
import { type PlannedResource, plainValue } from './recorded.ts';

// Generated code without ES modules.
const load = createRequire(import.meta.url);
const { Empty } = load(
  'google-protobuf/google/protobuf/empty_pb.js',
) as typeof import('google-protobuf/google/protobuf/empty_pb.js');
const { Struct } = load(
  'google-protobuf/google/protobuf/struct_pb.js',
) as typeof import('google-protobuf/google/protobuf/struct_pb.js');
const resourceMessages = load(
  '@pulumi/pulumi/proto/resource_pb.js',
) as typeof import('@pulumi/pulumi/proto/resource_pb.js');
const { ResourceMonitorService } = load('@pulumi/pulumi/proto/resource_grpc_pb.js') as {
  ResourceMonitorService: ServiceDefinition;
};
const engineMessages = load('@pulumi/pulumi/proto/engine_pb.js') as typeof import('@pulumi/pulumi/proto/engine_pb.js');
const { EngineService } = load('@pulumi/pulumi/proto/engine_grpc_pb.js') as { EngineService: ServiceDefinition };

export interface RecordingEngine {
  readonly address: string;
  readonly resources: readonly PlannedResource[];
  readonly log: readonly string[];
  /** Of the stack itself. */
  outputs(): Readonly<Record<string, unknown>>;
  stop(): void;
}

// biome-ignore lint/suspicious/noExplicitAny: generated messages; each is named where it is answered.
type Call = handleUnaryCall<any, any>;

/** How much a message may have: a policy or a dashboard is long. */
const MOST_BYTES = 64 * 1024 * 1024;
/** Features of the engine that the program does without here: packages by parameters, hooks and the like. */
const WITHOUT_FEATURES = [14, 15, 16, 17, 18];
const SEVERITIES = ['debug', 'info', 'warning', 'error'] as const;

/**
 * Pulumi's engine and resource monitor, as far as a program needs them to say what it would make: it records what is registered, knows
 * no cloud, and answers with made-up ids and ARNs, as after an update: so what follows from them is in the plan, too. Of two resources with one name the second is refused, as the engine does.
 */
export async function startEngine(stack: string, project: string): Promise<RecordingEngine> {
  const resources = new Map<string, PlannedResource>();
  const log: string[] = [];
  let root = '';
  let outputs: Readonly<Record<string, unknown>> = {};

  const registerResource: Call = ({ request }, answer) => {
    const urn = urnOf(request, stack, project);
    if (resources.has(urn)) {
      const message = `Duplicate resource URN '${urn}'; try giving it a unique name`;
      return answer({ code: status.ALREADY_EXISTS, message });
    }
    const fields = request.getObject()?.toJavaScript() ?? {};
    const secrets: string[] = [];
    const inputs = plainValue(fields, secrets) as PlannedResource['inputs'];
    resources.set(urn, {
      urn,
      type: request.getType(),
      name: request.getName(),
      custom: request.getCustom(),
      ...(request.getParent() !== '' && { parent: request.getParent() }),
      protect: request.getProtect(),
      retainOnDelete: request.getRetainondelete(),
      dependencies: request.getDependenciesList(),
      inputs,
      secrets,
    });
    if (request.getType() === 'pulumi:pulumi:Stack') root = urn;
    const response = new resourceMessages.RegisterResourceResponse();
    response.setUrn(urn);
    const { id, properties } = computedOf(request.getType(), request.getName(), inputs);
    if (request.getCustom()) response.setId(id);
    response.setObject(Struct.fromJavaScript(request.getCustom() ? { ...fields, ...properties } : fields));
    answer(null, response);
  };

  const registerResourceOutputs: Call = ({ request }, answer) => {
    if (request.getUrn() === root) {
      outputs = plainValue(request.getOutputs()?.toJavaScript() ?? {}, []) as Readonly<Record<string, unknown>>;
    }
    answer(null, new Empty());
  };

  const monitor: Record<string, Call> = {
    registerResource,
    registerResourceOutputs,
    getDeploymentInfo: (_, answer) => {
      const info = new resourceMessages.DeploymentInfo();
      const features = Object.values(resourceMessages.ResourceMonitorFeature) as number[];
      info.setSupportedfeaturesList(features.filter((feature) => !WITHOUT_FEATURES.includes(feature)) as never);
      answer(null, info);
    },
    supportsFeature: (_, answer) => {
      const response = new resourceMessages.SupportsFeatureResponse();
      response.setHassupport(true);
      answer(null, response);
    },
    // Without an account nothing can be looked up: a plan must not depend on it.
    invoke: ({ request }, answer) =>
      answer({ code: status.UNAVAILABLE, message: `a plan may not look up ${request.getTok()}` }),
    registerStackTransform: (_, answer) => answer(null, new Empty()),
    registerStackInvokeTransform: (_, answer) => answer(null, new Empty()),
    signalAndWaitForShutdown: (_, answer) => answer(null, new Empty()),
  };
  const engine: Record<string, Call> = {
    log: ({ request }, answer) => {
      const severity = SEVERITIES[request.getSeverity()] ?? 'error';
      if (severity !== 'debug') log.push(`${severity}: ${request.getMessage().trim()}`);
      answer(null, new Empty());
    },
    getRootResource: (_, answer) => {
      const response = new engineMessages.GetRootResourceResponse();
      response.setUrn(root);
      answer(null, response);
    },
    setRootResource: ({ request }, answer) => {
      root = request.getUrn();
      answer(null, new engineMessages.SetRootResourceResponse());
    },
    requirePulumiVersion: (_, answer) => answer(null, new engineMessages.RequirePulumiVersionResponse()),
  };

  const server = new Server({ 'grpc.max_receive_message_length': MOST_BYTES });
  server.addService(ResourceMonitorService, filled(monitor, ResourceMonitorService));
  server.addService(EngineService, filled(engine, EngineService));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    get resources() {
      return [...resources.values()];
    },
    log,
    outputs: () => outputs,
    stop: () => server.forceShutdown(),
  };
}

interface Registration {
  getParent(): string;
  getType(): string;
  getName(): string;
}

/** As the engine makes them: with the types of the parents, but for the stack's own. */
function urnOf(request: Registration, stack: string, project: string): string {
  const [, , parentType = ''] = request.getParent().split('::');
  const type = request.getType();
  const qualified = parentType === '' || parentType === 'pulumi:pulumi:Stack' ? type : `${parentType}$${type}`;
  return `urn:pulumi:${stack}::${project}::${qualified}::${request.getName()}`;
}

/** Whatever else a program may call fails by its name. */
function filled(calls: Readonly<Record<string, Call>>, service: ServiceDefinition): Record<string, Call> {
  return Object.fromEntries(
    Object.keys(service).map((name) => [
      name,
      calls[name] ?? ((_, answer) => answer({ code: status.UNIMPLEMENTED, message: `a plan does not know ${name}` })),
    ]),
  );
}
