/** Whether answers of a lookup table are kept. Source: behaviour spec, sql §10.4. */
import { decodeProps, prop } from '@kuiper/base';

const lookupProps = {
  cache: prop.bool({ default: false }),
  cacheTtl: prop.duration({ default: 0 }),
  cacheMissingKey: prop.bool({ default: false }),
};

export interface LookupCacheSettings {
  /** 0: answers stay for the run. */
  readonly ttlMs: number;
  /** Keys without rows are kept as well. */
  readonly missing: boolean;
}

/** @param props of the table; null when its answers are not kept */
export function lookupCacheSettings({ lookup }: Readonly<Record<string, unknown>>): LookupCacheSettings | null {
  if (lookup === null || typeof lookup !== 'object' || Array.isArray(lookup)) return null;
  const { cache, cacheTtl, cacheMissingKey } = decodeProps(lookup as Record<string, unknown>, lookupProps);
  return cache ? { ttlMs: cacheTtl, missing: cacheMissingKey } : null;
}
