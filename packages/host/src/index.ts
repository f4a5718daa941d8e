export * from './rule-host.ts';
export * from './store/index.ts';
