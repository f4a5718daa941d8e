export { compilePlan } from './compile-plan.ts';
export { compileErrors } from './errors.ts';
export * from './program.ts';
export { ProgramCache } from './program-cache.ts';
