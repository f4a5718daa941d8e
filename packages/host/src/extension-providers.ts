/** The ways to extend the engine that a thread offers, in the order in which names are looked up. */
import type { Clock, Logger } from '@kuiper/base';
import {
  type ExtensionProvider,
  type PortableControl,
  type ScriptHost,
  scriptProvider,
  wasmProvider,
} from '@kuiper/extensions';

export interface ExtensionSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The engine's root directory. */
  readonly rootPath: string;
  readonly enablePrivateNet: boolean;
  /** IANA name. */
  readonly timeZone: string;
  readonly scripts: ScriptHost;
  /** Null where no plugin processes are run: an embedding program without a supervisor. */
  readonly portable: PortableControl | null;
}

export function extensionProviders(around: ExtensionSurroundings): readonly ExtensionProvider[] {
  return [
    // native plugins, portable plugins
    scriptProvider(around.scripts),
    wasmProvider(),
    // external services
  ];
}
