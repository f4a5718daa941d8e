/** The present moment as text, in the configured zone. Source: behaviour spec, functions §16. */
import { DateTime, formatDateTime, type Int, rowError } from '@kuiper/base';
import { type CallArgument, type FunctionContext, type FunctionDeclaration, scalar, t } from '@kuiper/sdk';

const group = 'datetime';
const maxDigits = 6;

function checkPrecision(args: readonly CallArgument[]): string | null {
  if (args.length > 1) return 'too many arguments';
  const [precision] = args;
  return precision === undefined || precision.literal === 'int' ? null : 'Expect int type for parameter 1';
}

/** @param precision digits of the fraction of the second, 0 to 6; cut, not rounded */
function printNow(context: FunctionContext, pattern: string, precision: Int): string {
  if (precision < 0 || precision > maxDigits) return rowError(`the precision should be from 0 to ${maxDigits}`);
  const fraction = 'S'.repeat(Number(precision));
  return formatDateTime(new DateTime(context.now(), context.timeZone), pattern + fraction);
}

const now = scalar({
  name: 'now',
  aliases: ['current_timestamp', 'local_time', 'local_timestamp'],
  group,
  args: [t.int('precision', { optional: true, literal: true })],
  check: checkPrecision,
  returns: 'string',
  onNull: 'call',
  volatile: true,
  context: true,
  summary: 'The current date and time as yyyy-MM-dd HH:mm:ss, with up to six digits of the second.',
  examples: [
    { call: 'now()', gives: '"2023-11-14 22:13:20"' },
    { call: 'now(2)', gives: '"2023-11-14 22:13:20.12"' },
    { call: 'now(7)', fails: 'the precision should be from 0 to 6' },
    { call: 'now("x")', fails: 'Expect int type for parameter 1' },
    { call: 'now(1, 2)', fails: 'too many arguments' },
  ],
  eval: (context: FunctionContext, precision: Int = 0) => printNow(context, 'yyyy-MM-dd HH:mm:ss', precision),
});

const curTime = scalar({
  name: 'cur_time',
  aliases: ['current_time'],
  group,
  args: [t.int('precision', { optional: true, literal: true })],
  check: checkPrecision,
  returns: 'string',
  onNull: 'call',
  volatile: true,
  context: true,
  summary: 'The current time as HH:mm:ss, with up to six digits of the second.',
  examples: [
    { call: 'cur_time()', gives: '"22:13:20"' },
    { call: 'cur_time(3)', gives: '"22:13:20.123"' },
  ],
  eval: (context: FunctionContext, precision: Int = 0) => printNow(context, 'HH:mm:ss', precision),
});

const curDate = scalar({
  name: 'cur_date',
  aliases: ['current_date'],
  group,
  args: [],
  returns: 'string',
  onNull: 'call',
  volatile: true,
  context: true,
  summary: 'The current date as yyyy-MM-dd.',
  examples: [
    { call: 'cur_date()', gives: '"2023-11-14"' },
    { call: 'cur_date(1)', fails: 'Expect 0 arguments but found 1.' },
  ],
  eval: (context: FunctionContext) => printNow(context, 'yyyy-MM-dd', 0),
});

export const clockFunctions: readonly FunctionDeclaration[] = [curDate, curTime, now];
