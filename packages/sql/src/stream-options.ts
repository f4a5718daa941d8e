import type { StreamOptions } from './ast.ts';

type KeysOf<Value> = {
  [Key in keyof StreamOptions]-?: StreamOptions[Key] extends Value | undefined ? Key : never;
}[keyof StreamOptions];

export type StreamOptionSpec =
  | { readonly key: KeysOf<string>; readonly type: 'string' | 'lowerCase' | 'json' }
  | { readonly key: KeysOf<boolean>; readonly type: 'bool' }
  | { readonly key: KeysOf<number>; readonly type: 'integer' };

/** WITH options by their upper-case name, in the order in which error texts list them. Source: behaviour spec, sql §4.1. */
export const streamOptions: ReadonlyMap<string, StreamOptionSpec> = new Map<string, StreamOptionSpec>([
  ['DATASOURCE', { key: 'datasource', type: 'string' }],
  ['FORMAT', { key: 'format', type: 'string' }],
  ['KEY', { key: 'key', type: 'string' }],
  ['CONF_KEY', { key: 'confKey', type: 'string' }],
  ['SHARED', { key: 'shared', type: 'bool' }],
  ['STRICT_VALIDATION', { key: 'strictValidation', type: 'bool' }],
  ['TYPE', { key: 'type', type: 'string' }],
  ['TIMESTAMP', { key: 'timestamp', type: 'string' }],
  ['TIMESTAMP_FORMAT', { key: 'timestampFormat', type: 'string' }],
  ['RETAIN_SIZE', { key: 'retainSize', type: 'integer' }],
  ['SCHEMAID', { key: 'schemaid', type: 'string' }],
  ['EXTRA', { key: 'extra', type: 'json' }],
  ['VERSION', { key: 'version', type: 'lowerCase' }],
  ['TEMP', { key: 'temp', type: 'bool' }],
  ['KIND', { key: 'kind', type: 'lowerCase' }],
  ['DELIMITER', { key: 'delimiter', type: 'string' }],
]);
