import type { PortableOptions } from '@kuiper/extensions';

/** What a whole engine is told once, wherever its rules run. Plain data: crosses the thread boundary. */
export interface EngineSettings {
  /** Relative paths of users start here. */
  readonly rootPath: string;
  /** Where logs of rules go; null keeps everything in memory. */
  readonly dataPath: string | null;
  /** IANA zone of datetime functions and event-time alignment (`basic.timezone`). */
  readonly timeZone: string;
  readonly enablePrivateNet: boolean;
  /** Address of the HTTP data server. */
  readonly dataServer: { readonly host: string; readonly port: number };
  /**
   * ES modules that export function declarations, loaded by absolute path: for embedding programs and tests. Installed
   * plugins are the business of the extension hosts.
   */
  readonly functionModules: readonly string[];
  /** The section `portable` of the configuration; defaults where it is silent. */
  readonly portable?: Partial<PortableOptions>;
}

export const defaultEngineSettings: EngineSettings = {
  rootPath: '.',
  dataPath: null,
  timeZone: 'UTC',
  enablePrivateNet: false,
  dataServer: { host: '127.0.0.1', port: 10_081 },
  functionModules: [],
};
