import {
  defineErrors,
  ErrorCode,
  type ErrorDomain,
  KuiperError,
  type ErrorSpec,
  type ErrorTable,
  errorText,
  placeOf,
} from '@kuiper/base';

type Spec<Args extends readonly unknown[]> = ErrorSpec<Args>;

function refuse<Args extends readonly unknown[]>(code: number, text: (...args: Args) => string): Spec<Args> {
  return { code, domain: 'user', text };
}

interface ServerErrorSpecs {
  REQUEST: Spec<[why: string]>;
  ID_EMPTY: Spec<[]>;
  ID_BLANKS: Spec<[id: string]>;
  ID_CHARACTERS: Spec<[id: string]>;
  JSON: Spec<[why: string]>;
  STREAM: Spec<[why: string]>;
  STREAM_ABSENT: Spec<[kind: string, name: string]>;
  STREAM_REFERENCED: Spec<[kind: string, name: string]>;
  RULE: Spec<[why: string]>;
  RULE_JSON: Spec<[text: string, why: string]>;
  RULE_EXISTS: Spec<[id: string]>;
  RULE_VERSION: Spec<[id: string, old: string, wanted: string]>;
  RULE_ABSENT: Spec<[id: string]>;
  RULE_UNREGISTERED: Spec<[id: string]>;
  RULE_NO_TOPO: Spec<[id: string]>;
  NOT_FOUND: Spec<[what: string]>;
  CONFIG_KEY: Spec<[why: string]>;
  CONFIGURATION: Spec<[file: string, why: string]>;
  DIRECTORY: Spec<[directory: string, why: string]>;
  FILE: Spec<[why: string]>;
  LISTEN: Spec<[address: string, why: string]>;
}

const { undefined: unclassified, general, notFound, streamTable, configKey, io } = ErrorCode;

const specs: ServerErrorSpecs = {
  REQUEST: refuse(unclassified, (why: string) => why),
  ID_EMPTY: refuse(unclassified, () => 'id cannot be empty'),
  ID_BLANKS: refuse(unclassified, (id: string) => `id '${id}' contains leading or trailing whitespace`),
  ID_CHARACTERS: refuse(
    unclassified,
    (id: string) => `id '${id}' contains invalid characters: only alphanumeric, hyphens and underscores are allowed`,
  ),
  JSON: refuse(unclassified, (why: string) => why),
  STREAM: refuse(streamTable, (why: string) => why),
  STREAM_ABSENT: refuse(notFound, (kind: string, name: string) => `${kind} ${name} is not found`),
  STREAM_REFERENCED: refuse(
    unclassified,
    (kind: string, name: string) => `${kind} ${name} has been referenced by other rules`,
  ),
  RULE: refuse(unclassified, (why: string) => why),
  RULE_JSON: refuse(unclassified, (text: string, why: string) => `Parse rule ${text} error : ${why}.`),
  RULE_EXISTS: refuse(unclassified, (id: string) => `rule ${id} already exists`),
  RULE_VERSION: refuse(
    unclassified,
    (id: string, old: string, wanted: string) =>
      `rule ${id} already exists with version (${old}), new version (${wanted}) is lower`,
  ),
  RULE_ABSENT: refuse(notFound, (id: string) => `Rule ${id} is not found`),
  RULE_UNREGISTERED: refuse(
    notFound,
    (id: string) => `Rule ${id} is not found in registry, please check if it is created`,
  ),
  RULE_NO_TOPO: refuse(
    general,
    (id: string) => `Fail to get rule ${id}'s topo, make sure the rule has been started before`,
  ),
  NOT_FOUND: refuse(notFound, (what: string) => what),
  CONFIG_KEY: refuse(configKey, (why: string) => why),
  CONFIGURATION: refuse(unclassified, (file: string, why: string) => `${file}: ${why}`),
  DIRECTORY: {
    code: io,
    domain: 'external',
    text: (directory: string, why: string) => `directory ${directory}: ${why}`,
  },
  FILE: refuse(unclassified, (why: string) => why),
  LISTEN: {
    code: io,
    domain: 'external',
    text: (address: string, why: string) => `cannot listen on ${address}: ${why}`,
  },
};

/** Errors of the control plane. Texts: behaviour spec, rest-cli-config §1, §2, §4; runtime §1. */
export const serverErrors: ErrorTable<ServerErrorSpecs> = defineErrors(specs as never);

/**
 * The same error behind `prefix: `, under another code when one is given. Anything that is no {@link KuiperError}
 * becomes one, with 1000.
 */
export function withPrefix(prefix: string, error: unknown, code: number = wireCode(error)): KuiperError {
  const domain: ErrorDomain = error instanceof KuiperError ? error.domain : 'internal';
  const id = error instanceof KuiperError ? error.id : 'INTERNAL';
  const context = { cause: error, ...placeOf(error) };
  return new KuiperError(
    id,
    { code, domain },
    prefix === '' ? errorText(error) : `${prefix}: ${errorText(error)}`,
    context,
  );
}

/** Codes that clients see; others are for our own use and show as 1000. Source: rest-cli-config §2. */
const visible = new Set<number>([general, notFound, io, ErrorCode.executor, streamTable, configKey]);

export function wireCode(error: unknown): number {
  return error instanceof KuiperError && visible.has(error.code) ? error.code : unclassified;
}

/** What creating, changing or starting a rule answers: 2201 for its topology, else 1000. */
export function ruleCode(error: unknown): number {
  return error instanceof KuiperError && error.code === ErrorCode.executor ? ErrorCode.executor : unclassified;
}
