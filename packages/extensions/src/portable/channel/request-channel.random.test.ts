/**
 * Plugins that keep to the protocol and else do what chance tells: give up a request for a keep-alive, repeat it, lose
 * the connection before, while and after working, die. Whatever happens, a result belongs to its call, nothing is
 * executed twice that was asked to fail instead, and every call ends. KUIPER_FUZZ_SEED
 * and KUIPER_FUZZ_ROUNDS repeat and lengthen a run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorText, ManualClock } from '@kuiper/base';
import { expect, test } from 'vitest';
import { frame, greetings, RawPeer, request, settle } from '../../../../sdk/testing/raw-peer.ts';
import { RequestChannel } from './request-channel.ts';

type Random = (below: number) => number;

class ChancePlugin {
  readonly #path: string;
  readonly #random: Random;
  readonly #executed: Map<string, number>;
  #id: number;
  #peer: RawPeer | null = null;
  /** What it has asked with {@link #id} and has no answer to; null while it works. */
  #asked: string | null = 'handshake';
  #working: string | null = null;

  constructor(path: string, random: Random, executed: Map<string, number>) {
    this.#path = path;
    this.#random = random;
    this.#executed = executed;
    this.#id = random(0x7fff_ffff);
  }

  /** @param calm true: no accidents any more */
  async act(calm: boolean): Promise<void> {
    if (this.#peer?.isClosed !== false) {
      const peer = await RawPeer.connect(this.#path);
      peer.takeGreeting();
      this.#peer = peer;
      if (this.#asked !== null) this.#say(this.#asked);
      return;
    }
    this.#listen();
    const chance = this.#random(calm ? 4 : 12);
    if (chance < 4) {
      if (this.#working !== null) this.#ask(`result of ${this.#working}`);
    } else if (chance < 7) {
      if (this.#asked !== null) this.#ask('handshake');
    } else if (chance < 9) {
      if (this.#asked !== null) this.#say(this.#asked);
    } else if (chance === 9) this.die();
  }

  die(): void {
    this.#peer?.hangUp();
    this.#peer = null;
  }

  #listen(): void {
    for (const payload of this.#peer?.takeFrames() ?? []) {
      if (payload.readUInt32BE(0) !== this.#wireId() || this.#asked === null) continue;
      this.#asked = null;
      const name = payload.toString('utf8', 4);
      this.#working = name;
      this.#executed.set(name, (this.#executed.get(name) ?? 0) + 1);
    }
  }

  #ask(body: string): void {
    this.#id = (this.#id + 1) & 0x7fff_ffff;
    this.#asked = body;
    this.#working = null;
    this.#say(body);
  }

  #say(body: string): void {
    this.#peer?.say(request(this.#wireId(), body));
  }

  #wireId(): number {
    return (0x8000_0000 | this.#id) >>> 0;
  }
}

async function converse(path: string, random: Random): Promise<{ resolved: number; failed: number }> {
  const clock = new ManualClock(1);
  const lanes = 1 + random(3);
  const channel = await RequestChannel.listen(`ipc://${path}`, { clock, lanes });
  const executed = new Map<string, number>();
  const once = new Set<string>();
  const faults: string[] = [];
  const plugins = Array.from({ length: lanes }, () => new ChancePlugin(path, random, executed));
  let resolved = 0;
  let failed = 0;
  let open = 0;
  for (let step = 0; step < 120; step++) {
    const chance = random(30);
    if (chance < 10) {
      const name = `call ${step}`;
      const onLoss = random(2) === 0 ? 'fail' : 'reissue';
      if (onLoss === 'fail') once.add(name);
      open++;
      channel
        .call(name, { timeoutMs: 5000, onLoss })
        .then(
          (result) => {
            resolved++;
            if (`${result}` !== `result of ${name}` || !executed.has(name)) faults.push(`${name} gave ${result}`);
          },
          (error) => {
            failed++;
            if (!/^(time out|connection lost|process ended)$/.test(errorText(error))) faults.push(errorText(error));
          },
        )
        .finally(() => open--);
    } else if (chance === 10) clock.advance(5000);
    else if (chance === 11) clock.advance(1000);
    else if (chance === 12) {
      const index = random(plugins.length);
      plugins[index]?.die();
      if (random(2) === 0) channel.spawned();
      if (lanes === 1) channel.failAll('process ended');
      plugins[index] = new ChancePlugin(path, random, executed);
    } else await plugins[random(plugins.length)]?.act(false);
    if (random(2) === 0) await settle(1);
  }
  for (let turn = 0; open > 0 && turn < 2000; turn++) {
    for (const plugin of plugins) await plugin.act(true);
    await settle(1);
  }
  expect(open).toBe(0);
  expect(faults).toEqual([]);
  for (const name of once) expect(executed.get(name) ?? 0, name).toBeLessThan(2);
  for (const plugin of plugins) plugin.die();
  await channel.close();
  expect(clock.pendingTimers).toBeLessThan(2);
  return { resolved, failed };
}

test('whatever plugins do, a result belongs to its call and every call ends', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'chance-'));
  const first = Number(process.env['KUIPER_FUZZ_SEED'] ?? Date.now() % 1_000_000);
  const rounds = Number(process.env['KUIPER_FUZZ_ROUNDS'] ?? 60);
  let resolved = 0;
  let failed = 0;
  for (let seed = first; seed < first + rounds; seed++) {
    try {
      const counts = await converse(join(directory, `${seed}.ipc`), randomFrom(seed));
      resolved += counts.resolved;
      failed += counts.failed;
    } catch (error) {
      throw new Error(`with KUIPER_FUZZ_SEED=${seed}: ${errorText(error)}`, { cause: error });
    }
  }
  if (rounds >= 60) expect(Math.min(resolved, failed)).toBeGreaterThan(rounds);
  rmSync(directory, { recursive: true });
});

test('noise on some connections leaves a plugin on another undisturbed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'noise-'));
  const path = join(directory, 'x.ipc');
  const channel = await RequestChannel.listen(`ipc://${path}`, { clock: new ManualClock() });
  const random = randomFrom(Number(process.env['KUIPER_FUZZ_SEED'] ?? Date.now() % 1_000_000));
  const plugin = await RawPeer.connect(path);
  plugin.say(request(0x8000_0001, 'handshake'));
  await settle();
  plugin.takeGreeting();
  for (let i = 0; i < 300; i++) {
    const noisy = await RawPeer.connect(path, random(3) === 0 ? Buffer.alloc(0) : greetings.req);
    const noise = Buffer.from(Array.from({ length: random(80) }, () => (random(3) === 0 ? random(256) : random(2))));
    noisy.say(random(2) === 0 ? noise : frame(noise));
    if (random(2) === 0) noisy.hangUp();
    if (random(10) > 0) continue;
    const call = channel.call(`${i}`, { timeoutMs: 5000, onLoss: 'fail' });
    await settle();
    for (const asked of plugin.takeFrames()) {
      plugin.say(request(asked.readUInt32BE(0) + 1, `done ${asked.toString('utf8', 4)}`));
    }
    expect(`${await call}`).toBe(`done ${i}`);
  }
  await channel.close();
  rmSync(directory, { recursive: true });
});

/** The same numbers for the same seed, small seeds included. */
function randomFrom(seed: number): Random {
  let state = (Math.imul(seed + 1, 0x9e37_79b1) | 1) >>> 0;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
