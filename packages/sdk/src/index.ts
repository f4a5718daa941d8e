/** What plugins need of the layer below, so that one import is enough for them. */
export { DateTime, type Logger, prop, type Props, type PropSchema, type Row, rowError } from '@kuiper/base';
export * from './about.ts';
export * from './connection.ts';
export * from './format.ts';
export * from './function.ts';
export * from './lookup.ts';
export * from './plugin.ts';
export * from './private-network.ts';
export * from './sink.ts';
export * from './source.ts';
export * from './state.ts';
