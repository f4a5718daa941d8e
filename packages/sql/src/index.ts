export type * from './ast.ts';
export * from './walk.ts';
