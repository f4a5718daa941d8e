/** Makes strange input out of good input: values, texts, bytes. */
export type Random = () => number;

const values: readonly (() => unknown)[] = [
  () => null,
  () => 0,
  () => -1,
  () => 1.5e308,
  () => '',
  () => ' ',
  () => true,
  () => [],
  () => ({}),
  () => [[[[]]]],
  () => [null, 1, {}],
  () => ['same', 'same'],
  () => Array.from({ length: 20_000 }, (_, i) => `f${i}`),
  () => 'x'.repeat(100_000),
  () => '../../../../tmp/escaped',
  () => '/etc/passwd',
  () => 'a\0b',
  () => 'ünï/cødé',
  () => '__proto__',
  () => 'constructor',
  () => '-rf',
  () => '$(touch escaped)',
  () => `${'['.repeat(5000)}`,
  () => ({ toString: 1, valueOf: 2, then: 3 }),
];
const names = ['__proto__', 'constructor', 'name', 'version', 'functions', 'then', '', 'a.b', 'NAME'];

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** The value with up to three members replaced, removed or added, at any depth. */
export function mutateValue(random: Random, value: unknown): unknown {
  const copy = structuredClone(value);
  for (let i = 0; i <= random() * 3; i++) {
    if (random() < 0.03) return pick(random, values)();
    mutateMember(random, copy);
  }
  return copy;
}

function mutateMember(random: Random, value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const members = value as Record<string, unknown>;
  const keys = Object.keys(members);
  const key = keys.length === 0 || random() < 0.1 ? pick(random, names) : pick(random, keys);
  if (random() < 0.5 && Object.hasOwn(members, key) && typeof members[key] === 'object')
    mutateMember(random, members[key]);
  else if (random() < 0.2) delete members[key];
  else
    Object.defineProperty(members, key, {
      value: pick(random, values)(),
      enumerable: true,
      configurable: true,
      writable: true,
    });
}

/** The bytes with some changed, removed, doubled or cut off. */
export function mutateBytes(random: Random, bytes: Buffer): Buffer {
  let changed = Buffer.from(bytes);
  for (let i = 0; i <= random() * 4; i++) {
    const at = Math.floor(random() * changed.length);
    const length = Math.floor(random() ** 3 * 64) + 1;
    const [before, inside, after] = [
      changed.subarray(0, at),
      changed.subarray(at, at + length),
      changed.subarray(at + length),
    ];
    const chance = random();
    if (chance < 0.5) changed = Buffer.concat([before, Buffer.from(inside.map(() => random() * 256)), after]);
    else if (chance < 0.7) changed = Buffer.concat([before, after]);
    else if (chance < 0.9) changed = Buffer.concat([before, inside, inside, after]);
    else changed = Buffer.from(before);
  }
  return changed;
}

export function mutateText(random: Random, text: string): string {
  return mutateBytes(random, Buffer.from(text)).toString('utf8');
}
