export * from './create-engine.ts';
export * from './errors.ts';
export * from './in-process-host.ts';
export * from './rule-host.ts';
export * from './store/index.ts';
export * from './worker/worker-host.ts';
