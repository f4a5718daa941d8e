/** Angles, in radians. Computed as floats; a result that is not a number is null. Source: behaviour spec, functions §10. */
import { rowError } from '@kuiper/base';
import { type FunctionDeclaration, scalar, t } from '@kuiper/sdk';
import { float, orNull } from './float-argument.ts';

const acos = scalar({
  name: 'acos',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The arc cosine in radians; null outside -1..1.',
  examples: [
    { call: 'acos(1)', gives: '0.0' },
    { call: 'acos(2)', gives: 'null' },
  ],
  eval: (x: unknown) => orNull(Math.acos(float(x))),
});

const asin = scalar({
  name: 'asin',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The arc sine in radians; null outside -1..1.',
  examples: [
    { call: 'asin(0.0)', gives: '0.0' },
    { call: 'asin(-1.5)', gives: 'null' },
  ],
  eval: (x: unknown) => orNull(Math.asin(float(x))),
});

const atan = scalar({
  name: 'atan',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The arc tangent in radians.',
  examples: [{ call: 'atan(1)', gives: '0.7853981633974483' }],
  eval: (x: unknown) => orNull(Math.atan(float(x))),
});

const atan2 = scalar({
  name: 'atan2',
  group: 'math',
  args: [t.float('y'), t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The angle of the point (x, y) in radians, by quadrant.',
  examples: [
    { call: 'atan2(1, 1)', gives: '0.7853981633974483' },
    { call: 'atan2(0, -1)', gives: '3.141592653589793' },
  ],
  eval: (y: unknown, x: unknown) => Math.atan2(float(y), float(x)),
});

const sin = scalar({
  name: 'sin',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The sine of an angle in radians.',
  examples: [
    { call: 'sin(0)', gives: '0.0' },
    { call: 'sin(a)', row: { a: 'x' }, fails: 'cannot convert string(x) to float64' },
  ],
  eval: (x: unknown) => orNull(Math.sin(float(x))),
});

const cos = scalar({
  name: 'cos',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The cosine of an angle in radians.',
  examples: [{ call: 'cos(0)', gives: '1.0' }],
  eval: (x: unknown) => orNull(Math.cos(float(x))),
});

const tan = scalar({
  name: 'tan',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The tangent of an angle in radians.',
  examples: [{ call: 'tan(0)', gives: '0.0' }],
  eval: (x: unknown) => orNull(Math.tan(float(x))),
});

const sinh = scalar({
  name: 'sinh',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The hyperbolic sine.',
  examples: [{ call: 'sinh(1)', gives: '1.1752011936438014' }],
  eval: (x: unknown) => orNull(Math.sinh(float(x))),
});

const cosh = scalar({
  name: 'cosh',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The hyperbolic cosine.',
  examples: [{ call: 'cosh(0)', gives: '1.0' }],
  eval: (x: unknown) => orNull(Math.cosh(float(x))),
});

const tanh = scalar({
  name: 'tanh',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The hyperbolic tangent.',
  examples: [{ call: 'tanh(20)', gives: '1.0' }],
  eval: (x: unknown) => orNull(Math.tanh(float(x))),
});

const cot = scalar({
  name: 'cot',
  group: 'math',
  args: [t.float('x')],
  returns: 'float',
  onNull: 'null',
  summary: 'The cotangent of an angle in radians; an error at 0.',
  examples: [
    { call: 'cot(1)', gives: '0.6420926159343306' },
    { call: 'cot(0)', fails: 'out-of-range error' },
  ],
  eval: (x: unknown) => {
    const angle = float(x);
    return angle === 0 ? rowError('out-of-range error') : 1 / Math.tan(angle);
  },
});

const radians = scalar({
  name: 'radians',
  group: 'math',
  args: [t.float('degrees')],
  returns: 'float',
  onNull: 'null',
  summary: 'Degrees to radians.',
  examples: [{ call: 'radians(180)', gives: '3.141592653589793' }],
  eval: (x: unknown) => float(x) * (Math.PI / 180),
});

const degrees = scalar({
  name: 'degrees',
  group: 'math',
  args: [t.float('radians')],
  returns: 'float',
  onNull: 'null',
  summary: 'Radians to degrees.',
  examples: [{ call: 'degrees(0)', gives: '0.0' }],
  eval: (x: unknown) => float(x) * (180 / Math.PI),
});

const pi = scalar({
  name: 'pi',
  group: 'math',
  args: [],
  returns: 'float',
  onNull: 'null',
  summary: 'The number π.',
  examples: [{ call: 'pi()', gives: '3.141592653589793' }],
  eval: () => Math.PI,
});

export const trigonometryFunctions: readonly FunctionDeclaration[] = [
  acos,
  asin,
  atan,
  atan2,
  sin,
  cos,
  tan,
  sinh,
  cosh,
  tanh,
  cot,
  radians,
  degrees,
  pi,
];
