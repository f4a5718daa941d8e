/**
 * The check of a call when a statement is parsed: first the count, then the kinds of bare literals, parameter by
 * parameter. Only bare literals are judged; columns, calls and parenthesised literals pass and are judged at run time.
 *
 * Source: behaviour spec, functions §2.
 */
import type { Argument, ArgumentKind, CallArgument, FunctionDeclaration } from '@kuiper/sdk';

/** @returns the text after `validate function <name> error: `, or null when the call may stand */
export function checkCallArguments(declaration: FunctionDeclaration, args: readonly CallArgument[]): string | null {
  if (declaration.check !== undefined) return declaration.check(args);
  return checkArgumentCount(declaration.args, args.length) ?? checkLiteralKinds(declaration.args, args);
}

/** The check derived from other declarations than `args`: for functions that take any value but refuse some literals. */
export function checkAs(...declared: readonly Argument[]): (args: readonly CallArgument[]) => string | null {
  return (args) => checkArgumentCount(declared, args.length) ?? checkLiteralKinds(declared, args);
}

const countWords = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

export function checkArgumentCount(declared: readonly Argument[], found: number): string | null {
  const last = declared.at(-1);
  if (last?.atLeast !== undefined) {
    const least = declared.length - 1 + last.atLeast;
    return found < least ? `At least has ${least} argument but found ${found}.` : null;
  }
  const most = declared.length;
  const least = declared.filter((argument) => argument.optional !== true).length;
  if (found >= least && found <= most) return null;
  if (least === most) return expectCount(most, found);
  return `Expect ${countWords[least]} or ${countWords[most]} arguments but found ${found}.`;
}

/** The text for a fixed number of arguments. */
export function expectCount(expected: number, found: number): string {
  return `Expect ${expected} arguments but found ${found}.`;
}

export function checkLiteralKinds(declared: readonly Argument[], args: readonly CallArgument[]): string | null {
  for (let i = 0; i < args.length; i++) {
    const argument = declared[Math.min(i, declared.length - 1)];
    if (argument === undefined) return null;
    const text = checkLiteralKind(argument.kind, argument.literal === true, args[i] as CallArgument, i + 1);
    if (text !== null) return text;
  }
  return null;
}

/** @param position 1 for the first parameter */
export function checkLiteralKind(
  kind: ArgumentKind,
  mustBeLiteral: boolean,
  arg: CallArgument,
  position: number,
): string | null {
  const rule = rules[kind];
  if (rule === undefined) return null;
  const passes = mustBeLiteral ? rule.is(arg) : !rule.refuses(arg);
  return passes ? null : `Expect ${mustBeLiteral ? rule.literalName : rule.name} type for parameter ${position}`;
}

export const isNumericLiteral = (arg: CallArgument): boolean => arg.literal === 'int' || arg.literal === 'float';
export const isStringLiteral = (arg: CallArgument): boolean => arg.literal === 'string';
export const isTimeLiteral = (arg: CallArgument): boolean => arg.literal === 'time';
/** A boolean literal, or an expression whose top operator gives a truth value. */
export const isBoolLiteral = (arg: CallArgument): boolean => arg.literal === 'bool' || arg.isCondition;
export const isNegativeIntLiteral = (arg: CallArgument): boolean =>
  arg.literal === 'int' && (arg.value as number | bigint) < 0;

interface LiteralRule {
  /** As the error text calls the kind. */
  readonly name: string;
  readonly literalName: string;
  readonly is: (arg: CallArgument) => boolean;
  readonly refuses: (arg: CallArgument) => boolean;
}

const numberRule: LiteralRule = {
  name: 'number - float or int',
  literalName: 'number',
  is: isNumericLiteral,
  refuses: (arg) => isStringLiteral(arg) || isTimeLiteral(arg) || isBoolLiteral(arg),
};
const textRule: LiteralRule = {
  name: 'string',
  literalName: 'string',
  is: isStringLiteral,
  refuses: (arg) => isNumericLiteral(arg) || isTimeLiteral(arg) || isBoolLiteral(arg),
};
const rules: Partial<Record<ArgumentKind, LiteralRule>> = {
  number: numberRule,
  float: numberRule,
  int: {
    name: 'int',
    literalName: 'integer',
    is: (arg) => arg.literal === 'int',
    refuses: (arg) => arg.literal === 'float' || isStringLiteral(arg) || isTimeLiteral(arg) || isBoolLiteral(arg),
  },
  string: textRule,
  text: textRule,
  bool: {
    name: 'bool',
    literalName: 'bool',
    is: isBoolLiteral,
    refuses: (arg) => isNumericLiteral(arg) || isTimeLiteral(arg) || isStringLiteral(arg),
  },
  datetime: {
    name: 'datetime',
    literalName: 'datetime',
    is: () => false,
    refuses: (arg) => isNumericLiteral(arg) || isStringLiteral(arg) || isBoolLiteral(arg),
  },
};
