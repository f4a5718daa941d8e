export * from './rule-host.ts';
