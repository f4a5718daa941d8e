/** Portable plugins: sources, sinks, functions and lookups in a process of their own. */
export * from '../index.ts';
export type { Offered, PluginOffer } from './plugin-symbol.ts';
export { servePlugin } from './serve-plugin.ts';
