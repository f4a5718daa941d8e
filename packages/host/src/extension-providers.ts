/** The ways to extend the engine that a thread offers, in the order in which names are looked up. */
import type { Clock, Logger } from '@kuiper/base';
import {
  type ExtensionProvider,
  nativeProvider,
  type PortableControl,
  type PortableOptions,
  portableProvider,
  type ScriptHost,
  scriptProvider,
  serviceProvider,
  wasmProvider,
  type TemplateCompiler,
} from '@kuiper/extensions';
import { compileTemplate } from '@kuiper/formats';
import { compiledPattern } from '@kuiper/functions';

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
  /** The section `portable` of the configuration; defaults where it is silent. */
  readonly portableOptions?: Partial<PortableOptions>;
}

export function extensionProviders(around: ExtensionSurroundings): readonly ExtensionProvider[] {
  return [
    nativeProvider({ logger: around.logger, rootPath: around.rootPath, template: templates(around) }),
    ...portableProviders(around),
    scriptProvider(around.scripts),
    wasmProvider(),
    serviceProvider(around),
  ];
}

function portableProviders({ portable, portableOptions, clock, logger }: ExtensionSurroundings): ExtensionProvider[] {
  if (portable === null) return [];
  return [portableProvider({ control: portable, clock, logger, portable: portableOptions ?? {} })];
}

/** Data templates for plugins that ask for them. */
function templates({ clock, timeZone }: ExtensionSurroundings): TemplateCompiler {
  const environment = { now: () => clock.now(), random: Math.random, zone: timeZone, pattern: compiledPattern };
  return (text) => {
    const template = compileTemplate(text, { ...environment, name: 'plugin' });
    return (data) => template.render(data);
  };
}
