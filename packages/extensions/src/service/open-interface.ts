/** A planned interface made callable. Loads what its protocol needs. */
import type { Clock } from '@kuiper/base';
import { FunctionCalls } from './function-calls.ts';
import { GrpcCall } from './grpc-call.ts';
import { HeaderTemplate } from './header-template.ts';
import type { RemoteCall, RemoteClient } from './remote-call.ts';
import { MessageRestCall, type RestSite, restHeaders, SchemalessCall } from './rest-call.ts';
import type { InterfaceDefinition } from './service-definition.ts';
import { ServiceInterface } from './service-interface.ts';
import type { PlannedFunction, PlannedInterface, PlannedMethod } from './service-plan.ts';
import { loadServiceTls, type ServiceTls } from './service-tls.ts';

export interface ServiceSurroundings {
  readonly clock: Clock;
  /** Key files are relative to it. */
  readonly rootPath: string;
  readonly enablePrivateNet: boolean;
}

export interface OpenedInterface {
  readonly shared: ServiceInterface;
  readonly functions: readonly FunctionCalls[];
}

/** How functions of one protocol are called. */
interface Protocol {
  readonly client: RemoteClient;
  call(plan: PlannedMethod): RemoteCall;
}

/** Connects with the first call. Rejects when the key material cannot be read. */
export async function openInterface(
  service: string,
  { definition, functions }: PlannedInterface,
  around: ServiceSurroundings,
): Promise<OpenedInterface> {
  const protocol = await openProtocol(definition, around);
  const shared = new ServiceInterface(definition.name, around.clock, definition.options, protocol.client);
  const open = ({ name, plan }: PlannedFunction): FunctionCalls =>
    new FunctionCalls(service, name, shared, protocol.call(plan));
  return { shared, functions: functions.map(open) };
}

async function openProtocol(definition: InterfaceDefinition, around: ServiceSurroundings): Promise<Protocol> {
  const tls = loadServiceTls(definition.options, around.rootPath);
  switch (definition.protocol) {
    case 'rest':
      return openRest(definition, tls, around);
    case 'grpc':
      return openGrpc(definition, tls, around);
    case 'msgpack-rpc':
      return openMsgpackRpc(definition, tls, around);
  }
}

async function openRest(
  { address, options }: InterfaceDefinition,
  tls: ServiceTls,
  { clock, enablePrivateNet }: ServiceSurroundings,
): Promise<Protocol> {
  const { HttpClient } = await import('./http-client.ts');
  const client = new HttpClient({ clock, tls, timeoutMs: options.timeout, enablePrivateNet });
  const site: RestSite = { client, address, headers: restHeaders(options.headers) };
  const { OpenApiCall } = await import('./openapi-call.ts');
  return {
    client,
    call(plan): RemoteCall {
      if (plan.kind === 'proto') return new MessageRestCall(site, plan.method) as RemoteCall;
      if (plan.kind === 'openapi') return new OpenApiCall(site, plan.operation) as RemoteCall;
      return new SchemalessCall(site) as RemoteCall;
    },
  };
}

async function openGrpc(
  { address, options }: InterfaceDefinition,
  tls: ServiceTls,
  { clock }: ServiceSurroundings,
): Promise<Protocol> {
  const { GrpcClient } = await import('./grpc-client.ts');
  const client = new GrpcClient({ clock, address, tls: isSecure(address) ? tls : null, timeoutMs: options.timeout });
  const site = { client, headers: new HeaderTemplate(options.headers) };
  return { client, call: (plan) => new GrpcCall(site, methodOf(plan)) as RemoteCall };
}

async function openMsgpackRpc(
  { address, options }: InterfaceDefinition,
  tls: ServiceTls,
  { clock }: ServiceSurroundings,
): Promise<Protocol> {
  const { MsgpackRpcClient } = await import('./msgpack-rpc-client.ts');
  const { MsgpackRpcCall } = await import('./msgpack-rpc-call.ts');
  const secure = isSecure(address) ? tls : null;
  const client = new MsgpackRpcClient({ clock, address, tls: secure, timeoutMs: options.timeout });
  return { client, call: (plan) => new MsgpackRpcCall(client, methodOf(plan)) as RemoteCall };
}

function isSecure(address: string): boolean {
  return /^(tls|ssl|https|grpcs):/.test(address);
}

function methodOf(plan: PlannedMethod): Extract<PlannedMethod, { kind: 'proto' }>['method'] {
  if (plan.kind !== 'proto') throw new Error(`no method of a ${plan.kind} schema is called this way`);
  return plan.method;
}
