/** `POST /data/import`: takes over a whole document, item by item. Source: behaviour spec, rest-cli-config §4.7. */
import { errorText } from '@kuiper/base';
import { serverErrors } from '../errors.ts';
import {
  clearExtensions,
  type ExtensionParts,
  importNative,
  importPortable,
  importService,
} from '../extension/transfer-extensions.ts';
import { parseJson, readFields } from '../http/json-body.ts';
import { orderedText } from '../http/reply.ts';
import { type ConfKind, readConfDocument } from '../registry/conf-keys.ts';
import { schemaBodyTypes } from '../registry/schema-registry.ts';
import { scriptBodyTypes } from '../registry/script-registry.ts';
import type { Services } from '../services.ts';
import {
  type DataDocument,
  type DataErrors,
  type DataMember,
  emptyErrors,
  exportAll,
  readDataDocument,
} from './data-document.ts';
import { importDefinition, type TextMap } from './ruleset.ts';

type Parts = ExtensionParts &
  Pick<
    Services,
    'streams' | 'rules' | 'confKeys' | 'connections' | 'schemas' | 'scripts' | 'uploads' | 'logger' | 'inService'
  >;

const configMembers: readonly (readonly [DataMember, ConfKind])[] = [
  ['sourceConfig', 'sources'],
  ['sinkConfig', 'sinks'],
  ['connectionConfig', 'connections'],
];

export class DataImport {
  readonly #parts: Parts;
  /** Errors of the last full import. */
  #last: DataErrors = emptyErrors();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What went wrong in the last full import; of plugins, services, schemas, scripts and uploads, what there is. */
  status(): DataDocument {
    const { streams, tables, rules, sourceConfig, sinkConfig, connectionConfig } = this.#last;
    return { ...exportAll(this.#parts), streams, tables, rules, sourceConfig, sinkConfig, connectionConfig };
  }

  /** Replaces everything. `startRules: false` stores rules without starting them. */
  full(text: string, startRules: boolean): Promise<DataErrors> {
    return this.#inTurn(async () => {
      await this.#wipe();
      this.#last = emptyErrors();
      const document = readDocument(text);
      const errors = emptyErrors();
      // Schemas come in only when the server starts again afterwards.
      await this.#shared(document, errors, { withSchemas: !startRules, skipPresent: false });
      for (const [id, rule] of Object.entries(document.rules)) {
        await attempt(errors.rules, id, () => this.#parts.rules.adopt(id, rule, startRules));
      }
      this.#last = errors;
      return errors;
    });
  }

  /** Adds to what is there; rules and definitions are replaced one by one. */
  partial(text: string): Promise<DataErrors> {
    return this.#inTurn(async () => {
      const document = readDocument(text);
      const errors = emptyErrors();
      await this.#shared(document, errors, { withSchemas: true, skipPresent: true });
      for (const [id, rule] of Object.entries(document.rules)) {
        await attempt(errors.rules, id, () => this.#parts.rules.update(id, rule));
      }
      return errors;
    });
  }

  async #shared(
    document: DataDocument,
    errors: DataErrors,
    { withSchemas, skipPresent }: { readonly withSchemas: boolean; readonly skipPresent: boolean },
  ): Promise<void> {
    const { streams, uploads } = this.#parts;
    for (const [name, text] of Object.entries(document.uploads)) {
      await attempt(errors.uploads, name, async () => {
        const { name: file = '', content = '', file: url = '' } = readFields(parseJson(text), uploadTypes);
        await uploads.upload({ name: file, content, file: url });
      });
    }
    await this.#extensions(document, errors, skipPresent);
    if (withSchemas) await this.#addSchemas(document.Schema, errors.Schema);
    await this.#putScripts(document.scripts, errors.scripts);
    await this.#configs(document, errors);
    for (const [name, sql] of Object.entries(document.streams)) {
      await attempt(errors.streams, name, () => importDefinition(streams, 'stream', name, sql));
    }
    for (const [name, sql] of Object.entries(document.tables)) {
      await attempt(errors.tables, name, () => importDefinition(streams, 'table', name, sql));
    }
  }

  async #extensions(document: DataDocument, errors: DataErrors, skipPresent: boolean): Promise<void> {
    const parts = this.#parts;
    for (const [name, text] of Object.entries(document.portablePlugins)) {
      await attempt(errors.portablePlugins, name, () => importPortable(parts, text, skipPresent));
    }
    for (const [key, text] of Object.entries(document.nativePlugins)) {
      await attempt(errors.nativePlugins, key, () => importNative(parts, key, text, skipPresent));
    }
    for (const [name, text] of Object.entries(document.Service)) {
      await attempt(errors.Service, name, () => importService(parts, text));
    }
  }

  /** Those that are there already stay as they are. */
  async #addSchemas(items: TextMap, errors: Record<string, string>): Promise<void> {
    for (const [key, text] of Object.entries(items)) {
      await attempt(errors, key, async () => {
        const fields = readFields(parseJson(text), schemaBodyTypes);
        const { type = '', name = '', content = '', file = '', soFile = '', version = '' } = fields;
        if (this.#parts.schemas.has(type, name)) return;
        await this.#parts.schemas.create({ type, name, content, file, soFile, version });
      });
    }
  }

  async #putScripts(items: TextMap, errors: Record<string, string>): Promise<void> {
    for (const [key, text] of Object.entries(items)) {
      await attempt(errors, key, async () => {
        const { id = '', description = '', script = '', isAgg = false } = readScript(key, text);
        if (id !== key) throw serverErrors.REQUEST(`the script id ${id} does not match the key ${key}`);
        await this.#parts.scripts.put({ id, description, script, isAgg });
      });
    }
  }

  async #configs(document: DataDocument, errors: DataErrors): Promise<void> {
    const { confKeys, connections } = this.#parts;
    for (const [member, kind] of configMembers) {
      for (const [type, text] of Object.entries(document[member])) {
        await attempt(errors[member], type, async () => {
          for (const [key, props] of Object.entries(readConfDocument(parseJson(text)))) {
            await confKeys.put(kind, type, key, props);
          }
        });
      }
    }
    await connections.reload();
  }

  async #wipe(): Promise<void> {
    const { streams, rules, confKeys, connections, schemas, scripts, uploads } = this.#parts;
    await Promise.all(rules.list().map(({ id }) => rules.delete(id)));
    for (const target of ['stream', 'table'] as const) {
      for (const { name } of streams.list(target)) await streams.drop(target, name);
    }
    await confKeys.clear();
    await connections.reload();
    await schemas.clear();
    await scripts.clear();
    await clearExtensions(this.#parts);
    await uploads.forget();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}

function readScript(key: string, text: string): ReturnType<typeof readFields<typeof scriptBodyTypes>> {
  try {
    return readFields(parseJson(text), scriptBodyTypes);
  } catch (error) {
    throw serverErrors.REQUEST(`fail to unmarshal the script ${key}: ${errorText(error)}`);
  }
}

const uploadTypes = { name: 'string', content: 'string', file: 'string' } as const;

function readDocument(text: string): DataDocument {
  try {
    return readDataDocument(parseJson(text));
  } catch (error) {
    throw serverErrors.REQUEST(`configuration unmarshal with error ${errorText(error)}`);
  }
}

async function attempt(errors: Record<string, string>, name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    errors[name] = errorText(error);
  }
}

/** The result as clients read it; failed items make it an error whose message is the document. */
export function importResult(errors: DataErrors): string {
  if (hasErrors(errors)) throw serverErrors.REQUEST(orderedText(errors));
  return orderedText({ ErrorMsg: '', ConfigResponse: errors });
}

export function hasErrors(errors: DataErrors): boolean {
  return Object.values(errors).some((member) => Object.keys(member).length > 0);
}
