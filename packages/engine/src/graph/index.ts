export { compileGraph } from './graph-program.ts';
