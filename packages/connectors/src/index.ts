export * from './connection-pool.ts';
export * from './create-connectors.ts';
export * from './errors.ts';
export * from './http/data-server.ts';
export * from './memory/memory-bus.ts';
export type { TlsOptions } from './tls-options.ts';
export * from './topic-filter.ts';
