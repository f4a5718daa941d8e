export { analyzeSelect } from './analyze-select.ts';
export * from './catalog.ts';
export { analyzeErrors } from './errors.ts';
export { callArgument, functionCheck } from './function-check.ts';
export type * from './query.ts';
export * from './typed-expr.ts';
export * from './walk-typed.ts';
