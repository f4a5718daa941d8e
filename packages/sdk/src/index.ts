export * from './about.ts';
export * from './connection.ts';
export * from './format.ts';
export * from './function.ts';
export * from './lookup.ts';
export * from './sink.ts';
export * from './source.ts';
export * from './state.ts';
