/**
 * The syntax tree: discriminated unions of readonly plain objects, told apart by `kind`, each with its place in the text.
 *
 * Absent parts are `null`, never missing properties, so that nodes of one kind share one shape. Names appear as written
 * (back quotes removed); resolving them is the analyzer's work. Source: behaviour spec, sql §2–§4.
 */

import type { SelectStatement } from './ast-select.ts';
import type { StreamStatement } from './ast-stream.ts';

export type * from './ast-expression.ts';
export type * from './ast-select.ts';
export type * from './ast-stream.ts';

export type Statement = SelectStatement | StreamStatement;
