import { defineErrors, ErrorCode, type ErrorSpec, type ErrorTable } from './errors.ts';

type BaseErrorSpecs = {
  readonly DURATION_INVALID: ErrorSpec<[quoted: string]>;
  readonly DURATION_NO_UNIT: ErrorSpec<[quoted: string]>;
  readonly DURATION_UNKNOWN_UNIT: ErrorSpec<[quotedUnit: string, quoted: string]>;
  readonly ZONE_UNKNOWN: ErrorSpec<[name: string]>;
  readonly ID_INVALID: ErrorSpec<[id: string]>;
  readonly PROPS_INVALID: ErrorSpec<[count: number, lines: string]>;
};

/** Errors of the lowest layer. Sources: io §1 (durations, properties), functions §16.1 (zones), runtime §1.2 (ids). */
export const baseErrors: ErrorTable<BaseErrorSpecs> = defineErrors<BaseErrorSpecs>({
  DURATION_INVALID: {
    code: ErrorCode.general,
    domain: 'user',
    text: (quoted) => `time: invalid duration ${quoted}`,
  },
  DURATION_NO_UNIT: {
    code: ErrorCode.general,
    domain: 'user',
    text: (quoted) => `time: missing unit in duration ${quoted}`,
  },
  DURATION_UNKNOWN_UNIT: {
    code: ErrorCode.general,
    domain: 'user',
    text: (unit, quoted) => `time: unknown unit ${unit} in duration ${quoted}`,
  },
  ZONE_UNKNOWN: { code: ErrorCode.general, domain: 'user', text: (name) => `unknown time zone ${name}` },
  ID_INVALID: {
    code: ErrorCode.rule,
    domain: 'user',
    text: (id) => `id '${id}' contains invalid characters: only alphanumeric, hyphens and underscores are allowed`,
  },
  PROPS_INVALID: {
    code: ErrorCode.general,
    domain: 'user',
    text: (count, lines) => `${count} error(s) decoding:\n\n${lines}`,
  },
});
