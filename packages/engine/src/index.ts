export * from './analyze/catalog.ts';
export * from './analyze/typed-expr.ts';
export * from './compile/program.ts';
export * from './plan/plan-node.ts';
export * from './state/state-slot.ts';
export * from './run/rule-options.ts';
