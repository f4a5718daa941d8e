/** What is known of formats without loading them: their names and the schemas that some follow. */
export * from './protobuf/schema-store.ts';

/** Every format, by the name that FORMAT and `format` give. */
export const formatNames: readonly string[] = ['json', 'binary', 'delimited', 'urlencoded', 'protobuf'];
