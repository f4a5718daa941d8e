/**
 * Strange manifests, archives, service definitions, modules, scripts and frames against one server. Whatever comes, the
 * server answers, says what is wrong, and its other rules go on.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createConnection } from 'node:net';
import { zipArchive } from '../../packages/extensions/testing/zip-archive.ts';
import { frame, greetings, request } from '../../packages/sdk/testing/raw-peer.ts';
import { uniqueName } from '../portable/plugin-rig.ts';
import { type ExtensionServer, sleep } from './extension-server.ts';
import { mutateBytes, mutateText, mutateValue, pick, type Random } from './strange-input.ts';

/** One try: resolves with the answers it got. */
type Attack = (rig: ExtensionServer, random: Random) => Promise<readonly Answer[]>;

export interface Answer {
  readonly what: string;
  readonly status: number;
  readonly text: string;
}

const examples = new URL('../../examples/', import.meta.url).pathname;
const wasm = readFileSync(`${examples}wasm-c/signal.wasm`);
const wasmManifest = JSON.parse(readFileSync(`${examples}wasm-c/signal.json`, 'utf8')) as object;

async function install(
  rig: ExtensionServer,
  path: string,
  name: string,
  files: Parameters<ExtensionServer['archive']>[1],
) {
  const file = rig.archive('fuzz', files);
  const { status, text } = await rig.server.request('POST', path, { name, file });
  const answers = [{ what: `POST ${path}`, status, text }];
  if (status < 300) {
    const gone = await rig.server.request('DELETE', `${path}/${encodeURIComponent(name)}`);
    answers.push({ what: `DELETE ${path}/${name}`, ...gone });
  }
  return answers;
}

/** Serialises also what JSON has no form for, as far as that goes; sometimes the text is damaged. */
function jsonOf(random: Random, value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return random() < 0.2 ? mutateText(random, text) : text;
}

const portableManifests: Attack = async (rig, random) => {
  const name = uniqueName('fz');
  const manifest = {
    version: 'v1',
    language: pick(random, ['exec', 'go', 'python', 'node']),
    executable: 'run.sh',
    sources: [`s_${name}`],
    sinks: [`k_${name}`],
    functions: [`f_${name}`],
    instances: 1,
    maxMemory: '100MB',
    virtualEnvType: '',
    env: '',
  };
  return install(rig, '/plugins/portables', name, {
    [`${name}.json`]: jsonOf(random, mutateValue(random, manifest)),
    'run.sh': '#!/bin/sh\nexit 1\n',
    [`sources/s_${name}.json`]: jsonOf(
      random,
      mutateValue(random, { about: { author: { name: 'x' } }, libs: [], properties: { default: [{ name: 'a' }] } }),
    ),
    [`functions/f_${name}.json`]: jsonOf(random, mutateValue(random, { functions: [{ name: `f_${name}`, args: [] }] })),
    [`sources/s_${name}.yaml`]: mutateText(random, 'default:\n  a: 1\n  b: [1, 2]\n'),
  });
};

const archives: Attack = async (rig, random) => {
  const name = uniqueName('fz');
  const zip = zipArchive({
    [`${name}.json`]: JSON.stringify({
      version: 'v1',
      language: 'exec',
      executable: 'run.sh',
      functions: [`f_${name}`],
    }),
    'run.sh': '#!/bin/sh\nexit 1\n',
    [pick(random, ['../escaped', '/escaped', 'a/../../escaped', 'CON', 'a\\..\\b', 'x'.repeat(300), 'run.sh'])]: 'x',
  });
  return install(rig, '/plugins/portables', name, random() < 0.2 ? zip : mutateBytes(random, zip));
};

const nativeModules: readonly string[] = [
  'export default null;',
  'export const NAME = 5;',
  'export const NAME = null;',
  'export const NAME = () => null;',
  'export class NAME { constructor() { throw null; } }',
  'export class NAME { get exec() { throw new Error("no"); } }',
  'export const NAME = new Proxy({}, { get() { throw new Error("no"); }, has() { throw 1; } });',
  'export const NAME = new Proxy(function () {}, { get() { return this; }, construct() { return new Proxy({}, { get: () => Symbol() }); } });',
  'throw null;',
  'throw { toString() { throw 1; } };',
  'throw new Proxy({}, {});',
  'export const then = (resolve) => resolve(1);',
  'export const then = () => {};',
  'await new Promise(() => {});',
  'setInterval(() => { throw new Error("late"); }, 20); export class NAME { exec() { return 1; } }',
  'Promise.reject(new Error("unhandled")); export class NAME { exec() { return 1; } }',
  'queueMicrotask(() => { throw null; }); export class NAME { exec() { return 1; } }',
  'process.exit(7);',
  'process.abort = null; process.kill = null; export class NAME { exec() { return 1; } }',
  'export const apiVersion = {}; export class NAME { exec() { return 1; } }',
  'export const apiVersion = "^99"; export class NAME { exec() { return 1; } }',
  'export const NAME = { class: "scalar", name: 5, args: 7, eval: 3 };',
  'export const NAME = { class: "aggregate", name: "NAME", init: null, args: [{}], implement: "x" };',
  'export const NAME = { type: "x", open: 1, props: { a: () => 1 } };',
  'export const NAME = { class: "scalar", name: "NAME", args: [], returns: () => { throw 1; }, eval: () => 1 };',
  'import "node:no-such"; export class NAME {}',
  'import "../../../../../../../../etc/passwd";',
  'import x from "no-such-package"; export class NAME {}',
  'export class NAME { exec() { return 1; } } export class nAME { exec() { return 1; } } export const $ = 1;',
  `export class NAME { exec() { return 1; } } ${Array.from({ length: 3000 }, (_, i) => `export const F${i} = class { exec() {} };`).join('')}`,
  'module.exports = 5;',
  'exports.__proto__ = null; module.exports = Object.create(null);',
  '\0\0\0',
  '',
  'import.meta.x = 1; export { NAME }; let NAME = new (class { exec() {} })();',
];

const natives: Attack = async (rig, random) => {
  const type = pick(random, ['functions', 'sources', 'sinks']);
  const stem = uniqueName('fz').replaceAll('_', '');
  const name = stem[0]?.toUpperCase() + stem.slice(1);
  const code = pick(random, nativeModules).replaceAll('NAME', name);
  const file =
    random() < 0.7
      ? `${name}.mjs`
      : `${name}${pick(random, ['', '@v1', '@', '@../x', '@v1@v2'])}.${pick(random, ['js', 'cjs', 'node', 'ts', 'so'])}`;
  return install(rig, `/plugins/${type}`, stem, {
    [file]: random() < 0.2 ? mutateText(random, code) : code,
    [`${stem}.json`]: jsonOf(random, mutateValue(random, { about: {}, functions: [{ name: stem, args: [] }] })),
    [`${stem}.yaml`]: mutateText(random, 'default:\n  a: 1\n'),
    'package.json': jsonOf(random, mutateValue(random, { name: stem, type: 'module', main: 'x.js' })),
  });
};

const proto = `syntax = "proto3"; package fuzz;
import "google/protobuf/wrappers.proto"; import "google/api/annotations.proto";
message Pair { double a = 1; repeated string b = 2; map<string, int32> c = 3; oneof d { bytes e = 4; Pair f = 5; } enum G { X = 0; Y = 1; } G g = 6; }
service Fuzz {
  rpc FUNC1(Pair) returns (Pair) { option (google.api.http) = { post: "/v1/{a=x/*}" body: "*" }; }
  rpc FUNC2(google.protobuf.StringValue) returns (google.protobuf.BytesValue) {}
}`;

const services: Attack = async (rig, random) => {
  const name = uniqueName('fz');
  const definition = {
    about: { author: { name: 'x' }, description: { en_US: 'x' } },
    interfaces: {
      one: {
        address: pick(random, ['http://127.0.0.1:9', 'tcp://127.0.0.1:9', 'ftp://x', 'http://[::', '', ' ']),
        protocol: pick(random, ['rest', 'grpc', 'msgpack-rpc']),
        schemaType: 'protobuf',
        schemaFile: 'fuzz.proto',
        functions: [{ name: `a_${name}`, serviceName: `f1_${name}` }],
        options: { headers: { a: 'b' }, timeout: 100, retryCount: 1, tls: {} },
      },
      [`two_${name}`]: { address: 'http://127.0.0.1:9', protocol: 'rest', schemaless: true, schemaType: '' },
    },
  };
  const schema = proto.replace('FUNC1', `f1_${name}`).replace('FUNC2', `f2_${name}`);
  return install(rig, '/services', name, {
    [`${name}.json`]: jsonOf(random, mutateValue(random, definition)),
    'schemas/fuzz.proto': random() < 0.6 ? mutateText(random, schema) : schema,
  });
};

const wasmModules: Attack = (rig, random) => {
  const name = uniqueName('fz');
  return install(rig, '/plugins/wasm', name, {
    [`${name}.json`]: jsonOf(random, mutateValue(random, wasmManifest)),
    [`${name}.wasm`]: random() < 0.7 ? mutateBytes(random, wasm) : wasm,
  });
};

const scriptTexts: readonly string[] = [
  'function NAME(a) { return a; }',
  'function NAME() { return NAME; }',
  'function NAME() { throw { toString() { throw 1; } }; }',
  'var NAME = new Proxy(function () {}, {});',
  'Object.defineProperty(globalThis, "NAME", { get() { throw 1; } });',
  `function NAME() {} ${'('.repeat(20_000)}`,
  'const a = []; for (;;) a.push(new Array(100000));',
  'function NAME() { return NAME(); } NAME();',
  'async function NAME() { await 1; }',
  'Promise.resolve().then(function f() { Promise.resolve().then(f); }); function NAME() {}',
  '/(a+)+$/.test("a".repeat(40)); function NAME() {}',
];

const scripts: Attack = async (rig, random) => {
  const id = uniqueName('fz');
  const text = pick(random, scriptTexts).replaceAll('NAME', id);
  const body = mutateValue(random, { id, script: random() < 0.5 ? mutateText(random, text) : text, isAgg: false });
  const { status, text: answer } = await rig.server.request('POST', '/udf/javascript', body);
  const answers = [{ what: 'POST /udf/javascript', status, text: answer }];
  if (status < 300)
    answers.push({ what: 'DELETE script', ...(await rig.server.request('DELETE', `/udf/javascript/${id}`)) });
  return answers;
};

const bodies: readonly string[] = [
  'handshake',
  'handshake {"v":2}',
  'handshake {"v":',
  'handshake {"v":2,"extras":["batch","state"],"__proto__":1}',
  'ok',
  '',
  '{}',
  '{"state":true,"result":null}',
  '{"state":true,"result":{"__proto__":{"x":1}}}',
  '{"state":1}',
  'null',
  '{"message":{"a":1},"meta":{"b":[]}}',
  '{"message":5,"meta":6}',
  '{"error":"x"}',
  '"{\\"error\\":\\"x\\"}"',
  `{"message":${'['.repeat(10_000)}`,
  '\u{d800}',
];

/** Says strange things on every socket that the engine listens on for extensions. */
const frames: Attack = async (rig, random) => {
  const sockets = listeningIn(rig.server.process.pid as number);
  const path = pick(random, sockets);
  const socket = createConnection(path);
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const say = (bytes: Buffer): void => {
    if (!socket.destroyed) socket.write(bytes);
  };
  say(random() < 0.8 ? pick(random, Object.values(greetings)) : mutateBytes(random, greetings.req));
  let id = Math.floor(random() * 0x7fff_ffff);
  for (let i = 0; i < random() * 12; i++) {
    const body = random() < 0.5 ? pick(random, bodies) : mutateText(random, pick(random, bodies));
    if (random() < 0.5) id = (id + 1) & 0x7fff_ffff;
    const whole = random() < 0.6 ? request((0x8000_0000 | id) >>> 0, body) : frame(Buffer.from(body));
    if (random() < 0.15) {
      const header = Buffer.alloc(9);
      header[0] = random() < 0.8 ? 1 : Math.floor(random() * 256);
      header.writeBigUInt64BE(pick(random, [0n, 1n, 1n << 20n, 1n << 40n, (1n << 64n) - 1n, 1n << 63n]), 1);
      say(header);
    } else say(random() < 0.25 ? mutateBytes(random, whole) : whole);
    if (random() < 0.3) await sleep(random() * 3);
  }
  await sleep(random() * 10);
  socket.destroy();
  await closed;
  return [];
};

/** Sockets in `/tmp` that a process listens on. */
export function listeningIn(pid: number): string[] {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      if (inode !== undefined) inodes.add(inode);
    } catch {
      // Closed meanwhile.
    }
  }
  return readFileSync('/proc/net/unix', 'latin1')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, , , flags, , , inode, path]) => flags === '00010000' && inodes.has(inode ?? '') && path?.startsWith('/tmp/'),
    )
    .map((fields) => fields[7] as string);
}

export const attacks: Readonly<Record<string, Attack>> = {
  'manifests of portable plugins': portableManifests,
  archives,
  'native modules': natives,
  'external services': services,
  'WebAssembly modules': wasmModules,
  scripts,
  frames,
};
