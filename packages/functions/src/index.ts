export * from './builtin-functions.ts';
export * from './call-function.ts';
export * from './check-arguments.ts';
export * from './examples/example-context.ts';
export * from './examples/run-examples.ts';
export * from './function-table.ts';
export { type CompiledPattern, compiledPattern } from './regexp/compiled-pattern.ts';
export * from './reported-error.ts';
