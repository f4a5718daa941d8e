/** The SDKs of portable plugins that come with this installation; new plugins get a copy, so they need no package manager. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pluginErrors } from './errors.ts';

export type SdkLanguage = 'python' | 'go' | 'node';

export interface SdkPart {
  /** Absolute. */
  readonly from: string;
  /** Below the plugin's folder. */
  readonly to: string;
}

const root = new URL('../../../../', import.meta.url);

const parts: Readonly<Record<SdkLanguage, readonly { readonly from: string; readonly to: string }[]>> = {
  python: [{ from: 'sdks/python/kuiper/', to: 'kuiper' }],
  go: [{ from: 'sdks/go/', to: 'kuiper' }],
  node: ['base', 'sdk'].flatMap((name) =>
    ['package.json', 'dist'].map((part) => ({
      from: `packages/${name}/${part}`,
      to: `node_modules/@kuiper/${name}/${part}`,
    })),
  ),
};

/** Throws when the installation has it not. */
export function findSdk(language: SdkLanguage): readonly SdkPart[] {
  return parts[language].map(({ from, to }) => {
    const path = fileURLToPath(new URL(from, root));
    if (!existsSync(path)) throw pluginErrors.SDK_MISSING(`SDK for ${language}`, path);
    return { from: path, to };
  });
}
