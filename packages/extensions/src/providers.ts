/** The ways to extend the engine that a thread offers, in the order in which names are looked up. */
import type { Clock, Logger } from '@kuiper/base';
import type { ExtensionProvider } from './extension-provider.ts';
import { lazyProvider } from './lazy-provider.ts';
import type { TemplateCompiler } from './native/plugin-context.ts';
import type { PortableControl } from './portable/portable-control.ts';
import type { PortableOptions } from './portable/portable-options.ts';
import type { ScriptHost } from './script/script-host.ts';

export interface ExtensionSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The engine's root directory. */
  readonly rootPath: string;
  readonly enablePrivateNet: boolean;
  readonly scripts: ScriptHost;
  /** Data templates, for plugins that ask for them. */
  readonly template: TemplateCompiler;
  /** Null where no plugin processes are run: an embedding program without a supervisor. */
  readonly portable: PortableControl | null;
  /** The section `portable` of the configuration; defaults where it is silent. */
  readonly portableOptions: Partial<PortableOptions>;
}

export function extensionProviders(around: ExtensionSurroundings): readonly ExtensionProvider[] {
  const { portable, portableOptions, scripts } = around;
  return [
    lazyProvider('native', async () => (await import('./native/native-provider.ts')).nativeProvider(around)),
    ...(portable === null
      ? []
      : [
          lazyProvider('portable', async () => {
            const { portableProvider } = await import('./portable/portable-provider.ts');
            return portableProvider({ ...around, control: portable, portable: portableOptions });
          }),
        ]),
    lazyProvider('script', async () => (await import('./script/script-provider.ts')).scriptProvider(scripts)),
    lazyProvider('wasm', async () => (await import('./wasm/wasm-provider.ts')).wasmProvider()),
    lazyProvider('service', async () => (await import('./service/service-provider.ts')).serviceProvider(around)),
  ];
}
