/** What runs rules, without the engine itself: that is loaded where they run. */
export type { Engine, EngineExtensions, EngineWiring } from './create-engine.ts';
export * from '@kuiper/extensions/record';
export type { ControlArgument, PortableControl, PortableOptions, PortableState } from '@kuiper/extensions';
export { collectGarbageSoon } from './collect-garbage.ts';
export * from './engine-settings.ts';
export * from './errors.ts';
export * from './in-process-host.ts';
export * from './rule-host.ts';
export { putExternalState } from './storage/external-state.ts';
export * from './store/index.ts';
export * from './worker/worker-host.ts';
