/** `<service>.json`: what an external service offers, and where. Source: behaviour spec, extension §6.1. */
import { errorText, lookupProp } from '@kuiper/base';
import { serviceErrors } from './errors.ts';
import { decodeServiceOptions, type ServiceOptions } from './service-options.ts';

export type ServiceProtocol = 'rest' | 'grpc' | 'msgpack-rpc';

/** `schemaless` has one function, named as the interface. */
export type SchemaReference =
  | { readonly type: 'protobuf' | 'openapi'; readonly file: string }
  | { readonly type: 'schemaless' };

export interface InterfaceDefinition {
  readonly name: string;
  readonly protocol: ServiceProtocol;
  /** As written. */
  readonly address: string;
  readonly schema: SchemaReference;
  /** SQL function by the name of the method it stands for. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly options: ServiceOptions;
}

type Bag = Readonly<Record<string, unknown>>;

const protocols: ReadonlySet<string> = new Set(['rest', 'grpc', 'msgpack-rpc']);

/** The interfaces of a parsed `<service>.json`. Throws with what is wrong, without the name of the file. */
export function readDefinition(definition: unknown): readonly InterfaceDefinition[] {
  const interfaces = bag(member(bag(definition, 'the service'), 'interfaces') ?? {}, 'interfaces');
  return Object.entries(interfaces).map(([name, value]) => {
    try {
      return readInterface(name, bag(value, 'it'));
    } catch (error) {
      throw serviceErrors.INTERFACE(name, errorText(error), { cause: error });
    }
  });
}

function readInterface(name: string, value: Bag): InterfaceDefinition {
  const protocol = text(value, 'protocol');
  if (!isProtocol(protocol)) throw serviceErrors.PROTOCOL(protocol);
  const address = text(value, 'address');
  checkAddress(address, protocol);
  const options = member(value, 'options');
  return {
    name,
    protocol,
    address,
    schema: readSchema(value, protocol),
    aliases: readAliases(member(value, 'functions')),
    options: decodeServiceOptions(options === undefined ? {} : bag(options, 'options')),
  };
}

function isProtocol(protocol: string): protocol is ServiceProtocol {
  return protocols.has(protocol);
}

const schemes: Readonly<Record<ServiceProtocol, RegExp>> = {
  rest: /^https?:$/,
  grpc: /^(tcp|http|grpc|tls|ssl|https|grpcs):$/,
  'msgpack-rpc': /^(tcp|tls|ssl):$/,
};

function checkAddress(address: string, protocol: ServiceProtocol): void {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !schemes[protocol].test(url.protocol) || url.hostname === '') {
    throw serviceErrors.ADDRESS(address, protocol);
  }
}

function readSchema(value: Bag, protocol: ServiceProtocol): SchemaReference {
  const type = text(value, 'schemaType');
  const file = text(value, 'schemaFile');
  if (member(value, 'schemaless') === true) {
    if (type !== '') throw serviceErrors.SCHEMALESS_WITH_TYPE(type);
    if (file !== '') throw serviceErrors.SCHEMALESS_WITH_FILE();
    if (protocol !== 'rest') throw serviceErrors.SCHEMALESS_PROTOCOL(protocol);
    return { type: 'schemaless' };
  }
  if (type === '') throw serviceErrors.SCHEMA_TYPE_MISSING();
  if (type !== 'protobuf' && type !== 'openapi') throw serviceErrors.SCHEMA_UNSUPPORTED(type);
  if (type === 'openapi' && protocol !== 'rest') throw serviceErrors.OPENAPI_PROTOCOL(protocol);
  return { type, file };
}

function readAliases(functions: unknown): ReadonlyMap<string, string> {
  const aliases = new Map<string, string>();
  if (functions === undefined) return aliases;
  if (!Array.isArray(functions)) throw serviceErrors.FIELD('functions', 'a list');
  for (const entry of functions as readonly unknown[]) {
    const alias = bag(entry, 'functions');
    const name = text(alias, 'name');
    const method = text(alias, 'serviceName');
    if (name === '') throw serviceErrors.FIELD('functions: name', 'a text');
    aliases.set(method === '' ? name : method, name);
  }
  return aliases;
}

/** Null counts as absent. Names match in any case. */
function member(value: Bag, name: string): unknown {
  return lookupProp(value, name) ?? undefined;
}

function text(value: Bag, name: string): string {
  const found = member(value, name) ?? '';
  if (typeof found !== 'string') throw serviceErrors.FIELD(name, 'a text');
  return found;
}

function bag(value: unknown, name: string): Bag {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw serviceErrors.FIELD(name, 'an object');
  }
  return value as Bag;
}
