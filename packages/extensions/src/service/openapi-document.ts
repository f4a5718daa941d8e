/**
 * OpenAPI 3 documents: each operation is a function. Its arguments are the parameters in the order of the document, those of
 * the path before those of the operation, then `body` when it takes one.
 */
import { errorText } from '@kuiper/base';
import { serviceErrors } from './errors.ts';

type Json = Readonly<Record<string, unknown>>;

/** The part of a JSON schema that matters for values. */
export interface JsonShape {
  readonly type: 'integer' | 'number' | 'boolean' | 'string' | 'array' | 'object' | 'any';
  readonly items: JsonShape | null;
  readonly members: ReadonlyMap<string, JsonShape>;
  /** Of members that are not named; null when nothing is known. */
  readonly rest: JsonShape | null;
}

export interface OpenApiParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'body';
  readonly required: boolean;
  readonly shape: JsonShape;
  /** Of lists in queries: one pair per element, else one with commas. */
  readonly explode: boolean;
}

export interface OpenApiOperation {
  readonly name: string;
  /** Upper case. */
  readonly verb: string;
  /** With `{name}`. */
  readonly path: string;
  readonly parameters: readonly OpenApiParameter[];
  /** Of a successful answer. */
  readonly answer: JsonShape;
}

const verbs = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const anything: JsonShape = { type: 'any', items: null, members: new Map(), rest: null };

/**
 * In the order of the document. A name is the `operationId`, else `get_pets_petId`.
 * Rejects for a file that is missing, no OpenAPI 3 document, or refers to what it does not contain.
 */
export async function openApiOperations(
  file: string,
  texts: Readonly<Record<string, string>>,
): Promise<readonly OpenApiOperation[]> {
  try {
    const text = Object.hasOwn(texts, file) ? texts[file] : undefined;
    if (text === undefined) throw new Error(`${file}: no such file`);
    return new OpenApiReader(await parseDocument(file, text)).operations();
  } catch (error) {
    throw serviceErrors.SCHEMA_FILE(file, errorText(error), { cause: error });
  }
}

async function parseDocument(file: string, text: string): Promise<Json> {
  const document: unknown = /\.ya?ml$/i.test(file) ? (await import('yaml')).parse(text) : JSON.parse(text);
  if (!isJson(document) || !/^3\./.test(String(document.openapi))) throw new Error('it is no OpenAPI 3 document');
  return document;
}

class OpenApiReader {
  readonly #document: Json;
  readonly #shapes = new Map<unknown, JsonShape>();

  constructor(document: Json) {
    this.#document = document;
  }

  operations(): readonly OpenApiOperation[] {
    const found: OpenApiOperation[] = [];
    for (const [path, item] of Object.entries(json(this.#document.paths))) {
      const shared = json(this.#resolve(item));
      for (const verb of verbs) {
        if (isJson(shared[verb])) found.push(this.#operation(path, verb, shared, shared[verb]));
      }
    }
    return found;
  }

  #operation(path: string, verb: string, shared: Json, operation: Json): OpenApiOperation {
    const { operationId } = operation;
    const fallback = `${verb}${path}`.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '');
    const name = typeof operationId === 'string' && operationId !== '' ? operationId : fallback;
    const parameters = new Map<string, OpenApiParameter>();
    for (const source of [...list(shared.parameters), ...list(operation.parameters)]) {
      const parameter = this.#parameter(name, json(this.#resolve(source)));
      if (parameter !== null) parameters.set(`${parameter.in} ${parameter.name}`, parameter);
    }
    for (const [, field] of path.matchAll(/\{([^{}]*)\}/g)) {
      if (!parameters.has(`path ${field}`)) throw new Error(`${name}: path parameter ${field} is not described`);
    }
    const body = this.#body(name, operation.requestBody);
    return {
      name,
      verb: verb.toUpperCase(),
      path,
      parameters: [...parameters.values(), ...(body === null ? [] : [body])],
      answer: this.#answer(operation.responses),
    };
  }

  /** Null for cookies. */
  #parameter(operation: string, parameter: Json): OpenApiParameter | null {
    const { name, in: place, required, schema, explode, style } = parameter;
    if (place === 'cookie') return null;
    if (typeof name !== 'string' || (place !== 'path' && place !== 'query' && place !== 'header')) {
      throw new Error(`${operation}: a parameter needs a name and a place`);
    }
    const commas = explode === false || (explode === undefined && style !== undefined && style !== 'form');
    return {
      name,
      in: place,
      required: required === true || place === 'path',
      shape: this.#shape(schema),
      explode: !commas,
    };
  }

  #body(operation: string, requestBody: unknown): OpenApiParameter | null {
    if (requestBody === undefined) return null;
    const { content, required } = json(this.#resolve(requestBody));
    const schema = jsonContent(content);
    if (schema === null) throw new Error(`${operation}: only JSON bodies are supported`);
    return { name: 'body', in: 'body', required: required === true, shape: this.#shape(schema), explode: false };
  }

  #answer(responses: unknown): JsonShape {
    const byStatus = isJson(responses) ? responses : {};
    const status = Object.keys(byStatus).find((key) => /^2/.test(key)) ?? 'default';
    const { content } = json(this.#resolve(byStatus[status]));
    return this.#shape(jsonContent(content) ?? undefined);
  }

  /** Each schema once: they may refer to themselves. */
  #shape(source: unknown): JsonShape {
    const schema = this.#resolve(source);
    if (!isJson(schema)) return anything;
    const known = this.#shapes.get(schema);
    if (known !== undefined) return known;
    const members = new Map<string, JsonShape>();
    const parts = list(schema.allOf).map((part) => this.#resolve(part));
    const made: { -readonly [K in keyof JsonShape]: JsonShape[K] } = {
      type: shapeType(schema, parts),
      items: null,
      members,
      rest: null,
    };
    this.#shapes.set(schema, made);
    if (schema.items !== undefined) made.items = this.#shape(schema.items);
    if (isJson(schema.additionalProperties)) made.rest = this.#shape(schema.additionalProperties);
    for (const part of parts) for (const [name, shape] of this.#shape(part).members) members.set(name, shape);
    for (const [name, member] of Object.entries(json(schema.properties))) members.set(name, this.#shape(member));
    return made;
  }

  /** What a `$ref` refers to, others as they are. */
  #resolve(source: unknown): unknown {
    let found = source;
    for (let hops = 0; isJson(found) && typeof found.$ref === 'string'; hops++) {
      const { $ref } = found;
      if (!$ref.startsWith('#/') || hops > 20) throw new Error(`cannot resolve ${$ref}`);
      let target: unknown = this.#document;
      for (const step of $ref.slice(2).split('/')) {
        const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
        target = isJson(target) && Object.hasOwn(target, name) ? target[name] : undefined;
      }
      if (target === undefined) throw new Error(`cannot resolve ${$ref}`);
      found = target;
    }
    return found;
  }
}

const types: ReadonlySet<unknown> = new Set(['integer', 'number', 'boolean', 'string', 'array', 'object']);

function shapeType(schema: Json, parts: readonly unknown[]): JsonShape['type'] {
  const given: readonly unknown[] = Array.isArray(schema.type) ? schema.type : [schema.type];
  const [type, other] = given.filter((name) => name !== 'null');
  if (types.has(type) && other === undefined) return type as JsonShape['type'];
  const isObject =
    schema.properties !== undefined || parts.some((part) => isJson(part) && part.properties !== undefined);
  return isObject ? 'object' : 'any';
}

/** The schema of the JSON form; null when there is no such form. */
function jsonContent(content: unknown): unknown {
  for (const [type, media] of Object.entries(json(content))) {
    if (/^(application\/([\w.-]+\+)?json|\*\/\*)/i.test(type)) return json(media).schema ?? {};
  }
  return null;
}

function isJson(value: unknown): value is Json {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function json(value: unknown): Json {
  return isJson(value) ? value : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
