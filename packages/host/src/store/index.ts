export * from './errors.ts';
export * from './files/file-system.ts';
export * from './files/memory-file-system.ts';
export * from './files/node-file-system.ts';
export * from './kv/kv.ts';
export { joinLevelKv, type LevelKv, type LevelKvOptions, type LevelKvTicket, openLevelKv } from './kv/level-kv.ts';
export * from './kv/memory-kv.ts';
export * from './log/log.ts';
export * from './log/open-log.ts';
