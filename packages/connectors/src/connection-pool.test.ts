import { ManualClock, prop, silentLogger } from '@kuiper/base';
import { type ConnectionContext, defineConnection, type OpenConnection } from '@kuiper/sdk';
import { describe, expect, test } from 'vitest';
import { ConnectionPool } from './connection-pool.ts';

class Probe implements OpenConnection {
  readonly context: ConnectionContext;
  readonly address: string;
  reachable = true;
  closed = 0;

  constructor(context: ConnectionContext, address: string) {
    this.context = context;
    this.address = address;
  }

  async ping(): Promise<void> {
    if (!this.reachable) throw new Error('nobody answers');
  }

  close(): void {
    this.closed++;
  }
}

const make = () => {
  const opened: Probe[] = [];
  const declare = (type: string) =>
    defineConnection({
      type,
      about: { en: 'A probe.', zh: '探针。' },
      props: { address: prop.string({ default: '' }) },
      open(context, p) {
        if (p.address === '') throw new Error('no address');
        const connection = new Probe(context, p.address);
        opened.push(connection);
        return connection;
      },
    });
  const probe = declare('probe');
  const other = declare('other');
  const pool = new ConnectionPool({
    declarations: [probe, other],
    clock: new ManualClock(),
    logger: silentLogger,
    rootPath: '.',
  });
  return { pool, opened, probe, other };
};

const ignore = (): void => {};

describe('a named connection', () => {
  test('is opened when it is created, and shared by everybody who selects it', async () => {
    const { pool, opened, probe } = make();
    pool.create('c1', 'PROBE', { Address: 'x' });
    expect(opened.map(({ address }) => address)).toEqual(['x']);
    const seen: string[] = [];
    const a = pool
      .accessFor('r1_s_0')
      .acquire(probe, { connectionSelector: 'c1' }, (status) => seen.push(`a ${status}`));
    const b = pool
      .accessFor('r2_s_0')
      .acquire(probe, { connectionSelector: 'c1' }, (status) => seen.push(`b ${status}`));
    expect(a.connection).toBe(b.connection);
    opened[0]?.context.status('disconnected', 'cable');
    expect(await pool.get('c1')).toMatchObject({ status: 'disconnected', err: 'cable', refCount: 2 });
    await a.release();
    await a.release();
    opened[0]?.context.status('connected');
    expect(seen).toEqual(['a connecting', 'b connecting', 'a disconnected', 'b disconnected', 'b connected']);
    await expect(pool.drop('c1')).rejects.toThrow("connection c1 can't be dropped due to rule references [r2_s_0]");
    await expect(pool.update('c1', 'probe', {})).rejects.toThrow("can't be dropped due to rule references");
    await b.release();
    await pool.drop('c1');
    expect(opened[0]?.closed).toBe(1);
    await pool.drop('c1');
  });

  test('can be replaced while nobody uses it', async () => {
    const { pool, opened } = make();
    pool.create('c1', 'probe', { address: 'x' });
    await pool.update('c1', 'probe', { address: 'y' });
    expect(opened.map(({ address, closed }) => [address, closed])).toEqual([
      ['x', 1],
      ['y', 0],
    ]);
    expect(await pool.get('c1')).toEqual({
      id: 'c1',
      typ: 'probe',
      props: { address: 'y' },
      isNamed: true,
      status: 'connected',
    });
  });

  test('that does not tell its status is pinged', async () => {
    const { pool, opened } = make();
    pool.create('c1', 'probe', { address: 'x' });
    (opened[0] as Probe).reachable = false;
    expect(await pool.get('c1')).toMatchObject({ status: 'disconnected', err: 'nobody answers' });
  });

  test('of an unknown type stays connecting and fails whoever selects it', async () => {
    const { pool, probe } = make();
    pool.create('c1', 'nosuch', { a: 1 });
    expect(await pool.list()).toEqual([
      { id: 'c1', typ: 'nosuch', props: { a: 1 }, isNamed: true, status: 'connecting' },
    ]);
    expect(() => pool.acquire(probe, { connectionSelector: 'c1' }, ignore)).toThrow('unknown connection type');
  });

  test('with wrong properties shows why and fails whoever selects it', async () => {
    const { pool, probe } = make();
    pool.create('c1', 'probe', {});
    expect(await pool.get('c1')).toMatchObject({ status: 'disconnected', err: 'no address' });
    expect(() => pool.acquire(probe, { connectionSelector: 'c1' }, ignore)).toThrow('no address');
  });

  for (const [name, run, text] of [
    ['taken', (pool: ConnectionPool) => pool.create('c1', 'probe', {}), 'connection c1 already been created'],
    ['no id', (pool: ConnectionPool) => pool.create('', 'probe', {}), 'connection id and type should be defined'],
    ['no type', (pool: ConnectionPool) => pool.create('c2', '', {}), 'connection id and type should be defined'],
    ['get absent', (pool: ConnectionPool) => pool.get('c9'), 'connection c9 not existed'],
    ['update absent', (pool: ConnectionPool) => pool.update('c9', 'probe', {}), 'connection c9 not existed'],
  ] as const) {
    test(`errors: ${name}`, async () => {
      const { pool } = make();
      pool.create('c1', 'probe', { address: 'x' });
      await expect((async () => run(pool))()).rejects.toThrow(text);
    });
  }

  test('errors: selecting what is absent or of another type', () => {
    const { pool, probe, other } = make();
    pool.create('c1', 'probe', { address: 'x' });
    expect(() => pool.acquire(probe, { connectionSelector: 'c9' }, ignore)).toThrow('connection c9 not existed');
    expect(() => pool.acquire(other, { connectionSelector: 'c1' }, ignore)).toThrow(
      'connection c1 should be other connection',
    );
  });
});

describe('an anonymous connection', () => {
  test('belongs to its user and ends with the lease', async () => {
    const { pool, opened, probe } = make();
    const a = pool.accessFor('r1_s_0').acquire(probe, { address: 'x', connectionSelector: '' }, ignore);
    const b = pool.accessFor('r2_s_0').acquire(probe, { address: 'x' }, ignore);
    expect(a.connection).not.toBe(b.connection);
    expect(await pool.list()).toEqual([]);
    const all = await pool.list(true);
    expect(all.map(({ isNamed, refCount }) => [isNamed, refCount])).toEqual([
      [false, 1],
      [false, 1],
    ]);
    await expect(pool.drop(all[0]?.id ?? '')).rejects.toThrow(/internal connection r1_s_0-probe-1 can't be edit/);
    await a.release();
    expect(opened.map(({ closed }) => closed)).toEqual([1, 0]);
    await pool.close();
    expect(opened.map(({ closed }) => closed)).toEqual([1, 1]);
  });

  test('wrong properties fail its user', () => {
    const { pool, probe } = make();
    expect(() => pool.acquire(probe, { address: 5 }, ignore)).toThrow("'address' expected type 'string'");
  });
});

test('a trial says whether it would work and leaves nothing behind', async () => {
  const { pool, opened } = make();
  await pool.ping('probe', { address: 'x' });
  expect(opened[0]?.closed).toBe(1);
  await expect(pool.ping('probe', {})).rejects.toThrow('no address');
  await expect(pool.ping('nosuch', {})).rejects.toThrow('unknown connection type');
  expect(await pool.list(true)).toEqual([]);
});
