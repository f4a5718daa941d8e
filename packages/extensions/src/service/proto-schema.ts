/** The methods of a `.proto` file. Loaded with the first service that has one. Source: behaviour spec, extension §6.1. */
import { errorText } from '@kuiper/base';
import { loadProto } from '@kuiper/formats/protobuf';
import type * as Protobuf from 'protobufjs';
import { serviceErrors } from './errors.ts';
import { compileHttpRule, type HttpRule } from './http-rule.ts';
import { type MessageType, MessageTypes } from './message-type.ts';

export interface ProtoMethod {
  readonly name: string;
  /** `/package.Service/Method` */
  readonly path: string;
  readonly input: MessageType;
  readonly output: MessageType;
  /** Its `google.api.http` option; null without one, and where nobody asks for it. */
  readonly http: HttpRule | null;
}

/**
 * All methods of all services of the file, in its order.
 * @param file path below the directory of schemas
 * @param texts all schema files by their path; those of Google need not be among them
 * @param withHttp whether options `google.api.http` count
 * Throws for a file that cannot be parsed, for methods that stream and for options that make no sense.
 */
export function protoMethods(
  file: string,
  texts: Readonly<Record<string, string>>,
  withHttp: boolean,
): readonly ProtoMethod[] {
  const types = new MessageTypes();
  return servicesOf(file, texts).flatMap((service) =>
    service.methodsArray.map((method) => {
      const { resolvedRequestType, resolvedResponseType } = method.resolve() as Protobuf.Method;
      if (method.requestStream || method.responseStream) throw serviceErrors.STREAMING(method.name);
      const input = types.of(resolvedRequestType as Protobuf.Type);
      const rule = withHttp ? httpOption(method) : undefined;
      return {
        name: method.name,
        path: `/${service.fullName.replace(/^\./, '')}/${method.name}`,
        input,
        output: types.of(resolvedResponseType as Protobuf.Type),
        http: rule === undefined ? null : compileHttpRule(method.name, rule, input),
      };
    }),
  );
}

function servicesOf(file: string, texts: Readonly<Record<string, string>>): readonly Protobuf.Service[] {
  const read = (path: string): string | undefined => (Object.hasOwn(texts, path) ? texts[path] : undefined);
  try {
    const { root } = loadProto(file, file, read);
    return [...nestedServices(root)].filter((service) => service.filename === file);
  } catch (error) {
    throw serviceErrors.SCHEMA_FILE(file, errorText(error), { cause: error });
  }
}

function* nestedServices(within: Protobuf.NamespaceBase): Generator<Protobuf.Service> {
  for (const object of within.nestedArray) {
    if ('methodsArray' in object) yield object as Protobuf.Service;
    else if ('nestedArray' in object) yield* nestedServices(object as Protobuf.NamespaceBase);
  }
}

function httpOption(method: Protobuf.Method): unknown {
  const options = (method.parsedOptions ?? []) as readonly Readonly<Record<string, unknown>>[];
  return options.find((option) => '(google.api.http)' in option)?.['(google.api.http)'];
}
