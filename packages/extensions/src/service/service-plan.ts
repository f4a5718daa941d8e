/**
 * What a service record means, checked: the functions of its interfaces and what each stands for. Opens no connections. The
 * schema parser is loaded with the first schema.
 */
import { serviceErrors } from './errors.ts';
import { type InterfaceDefinition, readDefinition } from './service-definition.ts';
import type { OpenApiOperation } from './openapi-document.ts';
import type { ProtoMethod } from './proto-schema.ts';

export type PlannedMethod =
  | { readonly kind: 'proto'; readonly method: ProtoMethod }
  | { readonly kind: 'openapi'; readonly operation: OpenApiOperation }
  | { readonly kind: 'schemaless' };

export interface PlannedFunction {
  /** As rules call it. */
  readonly name: string;
  /** As the schema calls it; of a schemaless interface, its name. */
  readonly method: string;
  readonly plan: PlannedMethod;
}

export interface PlannedInterface {
  readonly definition: InterfaceDefinition;
  readonly functions: readonly PlannedFunction[];
}

/**
 * @param definition the parsed `<service>.json`
 * @param schemas texts by their path below the directory of schemas
 * Rejects with everything that can be wrong before a call.
 */
export async function planService(
  definition: unknown,
  schemas: Readonly<Record<string, string>>,
): Promise<readonly PlannedInterface[]> {
  const planned: PlannedInterface[] = [];
  const owners = new Map<string, string>();
  for (const found of readDefinition(definition)) {
    const functions = named(found, await methodsOf(found, schemas));
    for (const { name, method } of functions) {
      const owner = owners.get(name);
      if (owner !== undefined) throw serviceErrors.DUPLICATE(name, owner, `${found.name}.${method}`);
      owners.set(name, `${found.name}.${method}`);
    }
    planned.push({ definition: found, functions });
  }
  return planned;
}

interface Method {
  readonly name: string;
  readonly plan: PlannedMethod;
}

async function methodsOf(
  { name, protocol, schema }: InterfaceDefinition,
  schemas: Readonly<Record<string, string>>,
): Promise<readonly Method[]> {
  switch (schema.type) {
    case 'schemaless':
      return [{ name, plan: { kind: 'schemaless' } }];
    case 'protobuf': {
      const { protoMethods } = await import('./proto-schema.ts');
      const methods = protoMethods(schema.file, schemas, protocol === 'rest');
      return methods.map((method) => ({ name: method.name, plan: { kind: 'proto', method } }));
    }
    case 'openapi': {
      const { openApiOperations } = await import('./openapi-document.ts');
      const operations = await openApiOperations(schema.file, schemas);
      return operations.map((operation) => ({ name: operation.name, plan: { kind: 'openapi', operation } }));
    }
  }
}

function named({ aliases, schema }: InterfaceDefinition, methods: readonly Method[]): PlannedFunction[] {
  const known = new Set(methods.map(({ name }) => name));
  for (const [method, name] of aliases) {
    if (schema.type !== 'schemaless' && !known.has(method)) throw serviceErrors.ALIAS(name, method);
  }
  return methods.map(({ name, plan }) => ({ name: aliases.get(name) ?? name, method: name, plan }));
}
