export * from './errors.ts';
export * from './logger.ts';
export * from './props/prop.ts';
export * from './time/clock.ts';
export * from './values/kind.ts';
