export * from './errors.ts';
export * from './kv/kv.ts';
export { joinLevelKv, type LevelKv, type LevelKvOptions, type LevelKvTicket, openLevelKv } from './kv/level-kv.ts';
export * from './kv/memory-kv.ts';
