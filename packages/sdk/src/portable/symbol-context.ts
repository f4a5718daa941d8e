/** What symbols of a portable plugin are given. */
import type { LogFields, Logger } from '@kuiper/base';
import type { PluginFunctionContext } from '../plugin.ts';
import { PluginState } from './plugin-state.ts';

export interface SymbolPlace {
  readonly ruleId: string;
  readonly opId: string;
  readonly funcId?: number;
}

/** Prints to the streams that the engine copies into its log. */
export function consoleLogger(fields: LogFields = {}): Logger {
  const tail = Object.entries(fields)
    .map(([key, value]) => ` ${key}=${value}`)
    .join('');
  const to = (stream: NodeJS.WriteStream, level: string) => (message: string, more?: LogFields) => {
    stream.write(`${level} ${message}${tail}${more === undefined ? '' : ` ${JSON.stringify(more)}`}\n`);
  };
  return {
    debug: () => {},
    info: to(process.stdout, 'info'),
    warn: to(process.stderr, 'warn'),
    error: to(process.stderr, 'error'),
    with: (more) => consoleLogger({ ...fields, ...more }),
    debugEnabled: false,
  };
}

/** One context serves sources, sinks, lookups and functions alike; `funcId` is −1 where there is no call. */
export class SymbolContext extends PluginState implements PluginFunctionContext {
  readonly ruleId: string;
  readonly opId: string;
  readonly funcId: number;
  readonly rootPath: string = process.env['KuiperBaseKey'] ?? '';
  readonly timeZone: string = Intl.DateTimeFormat().resolvedOptions().timeZone;
  readonly logger: Logger;

  constructor(place: SymbolPlace, values?: Readonly<Record<string, unknown>>) {
    super(values);
    this.ruleId = place.ruleId;
    this.opId = place.opId;
    this.funcId = place.funcId ?? -1;
    this.logger = consoleLogger({ rule: place.ruleId, op: place.opId });
  }

  now(): number {
    return Date.now();
  }

  random(): number {
    return Math.random();
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Only native plugins reach the keyed state store. */
  keyedState(): unknown {
    return undefined;
  }

  /** Knows `{{.a.b}}` and nothing else. */
  parseTemplate(text: string, data: unknown): string {
    return text.replace(/\{\{(.*?)\}\}/gs, (whole, inside: string) => {
      const path = /^\s*((?:\.\w+)+)\s*$/.exec(inside)?.[1];
      if (path === undefined) throw new Error(`${whole}: portable plugins only know {{.name}}`);
      let value: unknown = data;
      for (const name of path.slice(1).split('.'))
        value = (value as Record<string, unknown> | null | undefined)?.[name];
      return typeof value === 'string' ? value : (JSON.stringify(value) ?? '<no value>');
    });
  }
}
