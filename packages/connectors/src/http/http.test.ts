import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { gzipSync } from 'node:zlib';
import { decodeProps, ManualClock } from '@kuiper/base';
import { isPrivateAddress, type OpenSink, type PullSubscription } from '@kuiper/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  bytesItems,
  checkSink,
  CollectingSinkContext,
  failedWrite,
  openSink,
  sinkContract,
} from '../../../../test/contract/sink.ts';
import { checkSource, CollectingSource, openSource, sourceContract } from '../../../../test/contract/source.ts';
import { DataServer } from './data-server.ts';
import { httppullLookup } from './httppull-lookup.ts';
import { httppullSource } from './httppull-source.ts';
import { httppushConnection, httppushSource } from './httppush-source.ts';
import { OutboundHttp } from './outbound-http.ts';
import { restSink } from './rest-sink.ts';

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** A request as curl would make it, over a connection of its own. */
function send(
  port: number,
  method: string,
  path: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('httppush', () => {
  let server: DataServer;
  beforeEach(async () => {
    server = new DataServer({ port: 0 });
    closing.push(() => server.close());
    await server.start();
  });
  const declare = (): ReturnType<typeof httppushSource> => httppushSource(httppushConnection(server));
  const open = async (path: string, props: Record<string, unknown> = {}): Promise<CollectingSource> => {
    const context = new CollectingSource();
    const subscription = await openSource(declare(), context, props, path);
    closing.push(() => subscription.close());
    await context.connected();
    return context;
  };

  for (const [props, path, text] of [
    [{}, 'noslash', 'property `endpoint` must start with /'],
    [{ method: 'GET' }, '/x', 'method GET is not supported, must be POST or PUT'],
    [{ method: 'post' }, '/x', 'method post is not supported, must be POST or PUT'],
    [{ METHOD: 'PUT' }, '/x', null],
  ] as const) {
    test(`check ${JSON.stringify(props)} ${path}`, () => {
      const connection = httppushConnection(new DataServer());
      expect(checkSource(httppushSource(connection), props, path)).toBe(text);
    });
  }

  test('a body is one message, answered with ok', async () => {
    const context = await open('/api/données');
    expect(await send(server.port, 'POST', '/api/donn%C3%A9es?x=1', '{"a":1}')).toMatchObject({
      status: 200,
      body: 'ok',
    });
    expect(context.texts).toEqual(['{"a":1}']);
  });

  test('other paths and methods are refused', async () => {
    await open('/api');
    expect(await send(server.port, 'POST', '/other', '')).toMatchObject({ status: 404 });
    expect(await send(server.port, 'PUT', '/api', '')).toMatchObject({ status: 405 });
    expect(await send(server.port, 'POST', '/api/', '')).toMatchObject({ status: 404 });
  });

  test('sources on one path all receive; the path ends with the last of them', async () => {
    const left = new CollectingSource();
    const right = new CollectingSource();
    const [a, b] = [
      await openSource(declare(), left, {}, '/p'),
      await openSource(declare(), right, { method: 'PUT' }, '/p'),
    ];
    await send(server.port, 'POST', '/p', '1');
    await a.close();
    await send(server.port, 'POST', '/p', '2');
    await b.close();
    expect(await send(server.port, 'POST', '/p', '3')).toMatchObject({ status: 404 });
    expect([left.texts, right.texts]).toEqual([['1'], ['1', '2']]);
  });

  test('the answer waits while rules are full', async () => {
    const context = await open('/p');
    context.becomeFull();
    let answered = false;
    const first = send(server.port, 'POST', '/p', '1').then(() => {
      answered = true;
    });
    await context.until(({ messages }) => messages.length === 1);
    await send(server.port, 'GET', '/elsewhere', '');
    expect(answered).toBe(false);
    context.makeRoom();
    await first;
  });

  test('browsers of other sites may push', async () => {
    await open('/p');
    const headers = { Origin: 'http://example.org', 'Access-Control-Request-Method': 'POST' };
    const preflight = await send(server.port, 'OPTIONS', '/p', '', headers);
    expect(preflight.status).toBe(200);
    expect(preflight.headers['access-control-allow-origin']).toBe('*');
    expect(preflight.headers['access-control-allow-headers']).toContain('Content-Type');
  });

  test('a taken port is told as status, not as a crash', async () => {
    const second = new DataServer({ port: server.port });
    const context = new CollectingSource();
    const subscription = await openSource(httppushSource(httppushConnection(second)), context, {}, '/p');
    closing.push(() => subscription.close());
    await context.until(({ statuses }) => statuses.includes('disconnected'));
    expect(context.statusMessage).toContain(`cannot listen on 127.0.0.1:${server.port}`);
  });

  let next = 0;
  sourceContract('httppush', () => ({
    declaration: declare(),
    dataSource: '/contract',
    async produce(count) {
      // an answer may wait for room, so a pusher that wants to go on does not wait for it
      for (let i = 0; i < count; i++) void send(server.port, 'POST', '/contract', String(next++));
    },
  }));
});

/** A server that keeps what it gets and answers as told. */
class Recorder {
  readonly server: Server;
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
  sockets = 0;
  respond: (response: ServerResponse, n: number) => void = (response) => response.end();

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        this.respond(response, this.requests.length);
      });
    });
    this.server.on('connection', () => this.sockets++);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

describe('outgoing requests', () => {
  let recorder: Recorder;
  let http: OutboundHttp;
  const clock = new ManualClock(1_700_000_000_000);

  beforeEach(async () => {
    recorder = new Recorder();
    await recorder.start();
    closing.push(() => recorder.stop());
    http = new OutboundHttp({ enablePrivateNet: true });
    closing.push(() => http.close());
  });

  const openRest = async (props: Record<string, unknown>): Promise<OpenSink> => {
    const context = new CollectingSinkContext({ clock });
    return openSink(restSink({ http, sharedTls: null }), context, { url: `${recorder.url}/in`, ...props });
  };

  describe('rest', () => {
    const declaration = restSink({ http: new OutboundHttp(), sharedTls: null });
    for (const [props, text] of [
      [{}, null],
      [{ url: '' }, 'url is required'],
      [{ url: 'ftp://x' }, 'Invalid scheme ftp'],
      [{ url: 'http://' }, 'Invalid url, host not found'],
      [{ url: 'http://x/{{.id}}?q={{.q}}' }, null],
      [{ method: 'PATCH' }, 'Not supported HTTP method PATCH.'],
      [{ method: 'put' }, null],
      [{ bodyType: 'yaml' }, 'Invalid body type value yaml.'],
      [{ bodyType: 'JSON', format: 'JSON' }, null],
      [{ method: 'POST', format: 'delimited' }, 'format must be json if bodyType is json'],
      [{ bodyType: 'form' }, 'format must be urlencoded if bodyType is form'],
      [{ responseType: 'x' }, 'Invalid response type value x.'],
      [{ timeout: -1 }, 'timeout must be greater than or equal to 0'],
      [
        { headers: { a: 1 } },
        "1 error(s) decoding:\n\n* 'headers[a]' expected type 'string', got unconvertible type 'float64', value: '1'",
      ],
    ] as const) {
      test(`check ${JSON.stringify(props)}`, () => expect(checkSink(declaration, props)).toBe(text));
    }

    for (const [bodyType, format, type] of [
      ['json', 'json', 'application/json'],
      ['text', 'json', 'text/plain'],
      ['html', 'json', 'text/html'],
      ['xml', 'json', 'application/xml'],
      ['javascript', 'json', 'application/javascript'],
      ['form', 'urlencoded', 'application/x-www-form-urlencoded;param=value'],
    ] as const) {
      test(`body type ${bodyType} is ${type}`, async () => {
        const rest = await openRest({ method: 'put', bodyType, format });
        await rest.write(bytesItems(['é', Buffer.from('2')]));
        expect(recorder.requests.map(({ method, body, headers }) => [method, body, headers['content-type']])).toEqual([
          ['PUT', 'é', type],
          ['PUT', '2', type],
        ]);
      });
    }

    test('by default a GET without a body', async () => {
      const rest = await openRest({});
      await rest.write(bytesItems(['x']));
      expect(recorder.requests).toMatchObject([{ method: 'GET', url: '/in', body: '' }]);
    });

    test('own headers win, in any case of letters, from the first request on', async () => {
      const rest = await openRest({ method: 'POST', headers: { 'content-TYPE': 'x/y', 'X-Key': 'k' } });
      await rest.write(bytesItems(['1']));
      expect(recorder.requests[0]?.headers).toMatchObject({ 'content-type': 'x/y', 'x-key': 'k' });
    });

    test('URL and headers are those of the item', async () => {
      const rest = await openRest({ method: 'POST', url: `${recorder.url}/{{.id}}`, headers: { A: '{{.a}}', B: 'b' } });
      const dynamic = [
        { url: `${recorder.url}/7`, 'headers.A': 'x' },
        { url: `${recorder.url}/8`, 'headers.A': 'y' },
      ];
      await rest.write(bytesItems(['1', '2'], dynamic));
      expect(recorder.requests.map(({ url, headers }) => [url, headers['a'], headers['b']])).toEqual([
        ['/7', 'x', 'b'],
        ['/8', 'y', 'b'],
      ]);
    });

    test('formdata has a file part and fields', async () => {
      const rest = await openRest({
        method: 'POST',
        bodyType: 'formdata',
        fileFieldName: 'up"load',
        formData: { kind: 'k', id: '{{.id}}' },
      });
      await rest.write(bytesItems(['content'], [{ 'formData.id': '7' }]));
      const [{ headers, body } = { headers: {}, body: '' }] = recorder.requests;
      const boundary = /boundary=(.+)$/.exec(headers['content-type'] ?? '')?.[1];
      expect(body.split(`--${boundary}`).map((part) => part.replaceAll('\r\n', '|'))).toEqual([
        '',
        '|Content-Disposition: form-data; name="up%22load"; filename="1700000000000"|Content-Type: application/octet-stream||content|',
        '|Content-Disposition: form-data; name="kind"||k|',
        '|Content-Disposition: form-data; name="id"||7|',
        '--|',
      ]);
    });

    test('compressed bodies say so', async () => {
      const rest = await openRest({ method: 'POST', compression: 'gzip' });
      await rest.write(bytesItems([gzipSync('1')]));
      expect(recorder.requests[0]?.headers['content-encoding']).toBe('gzip');
    });

    test('many outputs share a connection or two', async () => {
      const rest = await openRest({ method: 'POST' });
      await rest.write(bytesItems(Array.from({ length: 50 }, (_, i) => String(i))));
      expect(recorder.requests.map(({ body }) => Number(body))).toEqual(Array.from({ length: 50 }, (_, i) => i));
      expect(recorder.sockets).toBeLessThanOrEqual(2);
    });

    test('another status fails the item for good; those before it are done', async () => {
      recorder.respond = (response, n) => {
        response.statusCode = n === 2 ? 500 : 201;
        response.end();
      };
      const rest = await openRest({ method: 'POST' });
      const error = await failedWrite(rest, bytesItems(['1', '2', '3']));
      expect(error).toMatchObject({ index: 1, recoverable: false });
      expect(error.message).toBe(
        `parse response error: response code error: 500. | method=POST path="${recorder.url}/in" status=500 response_body=""`,
      );
      expect(recorder.requests.map(({ body }) => body)).toEqual(['1', '2']);
    });

    test('a connection that cannot be made or breaks is worth a retry', async () => {
      const rest = await openRest({ method: 'POST', url: 'http://127.0.0.1:1/x' });
      const refused = await failedWrite(rest, bytesItems(['1']));
      expect(refused).toMatchObject({ index: 0, recoverable: true });
      expect(refused.message).toMatch(
        /^rest sink fails to send out the data:err=.* recoverAble=true method=POST path="http:\/\/127\.0\.0\.1:1\/x"$/,
      );
      recorder.respond = (response) => response.socket?.destroy();
      expect(await failedWrite(await openRest({ method: 'POST' }), bytesItems(['1']))).toMatchObject({
        recoverable: true,
      });
    });

    test('an answer that does not come in time is worth a retry', async () => {
      recorder.respond = () => {};
      const rest = await openRest({ method: 'POST', timeout: 50 });
      expect(await failedWrite(rest, bytesItems(['1']))).toMatchObject({ index: 0, recoverable: true });
    });

    test('with debugResp the code in the body counts too', async () => {
      const codes = [200, 500];
      recorder.respond = (response) => response.end(JSON.stringify({ code: codes.shift() }));
      const rest = await openRest({ method: 'POST', debugResp: true, responseType: 'body' });
      await rest.write(bytesItems(['1']));
      const error = await failedWrite(rest, bytesItems(['2']));
      expect(error.message).toContain('response body error: code 500 is not in 200..299');
    });

    test('tokens are fetched at connect, filled into headers and renewed', async () => {
      let tokens = 0;
      recorder.respond = (response) => {
        const last = recorder.requests.at(-1);
        response.end(last?.url === '/in' ? '' : JSON.stringify({ token: `t${++tokens}` }));
      };
      const rest = await openRest({
        method: 'POST',
        headers: { Authorization: 'Bearer {{.token}}' },
        oAuth: { access: { url: `${recorder.url}/login`, body: '{"u":1}', expire: '100' } },
      });
      await rest.write(bytesItems(['1']));
      clock.advance(51_000);
      await rest.write(bytesItems(['2', '3']));
      const seen = recorder.requests.map(({ url, headers }) => `${url} ${headers.authorization ?? ''}`.trim());
      expect(seen).toEqual(['/login', '/in Bearer t1', '/in Bearer t1', '/login', '/in Bearer t2']);
    });

    test('a login that fails fails the start', async () => {
      recorder.respond = (response) => {
        response.statusCode = 401;
        response.end();
      };
      const oauth = { access: { url: `${recorder.url}/login`, body: '' } };
      await expect(openRest({ oauth })).rejects.toThrow('fail to authorize by oAuth: response code error: 401');
      await expect(openRest({ oauth: { refresh: {} } })).rejects.toThrow(
        'if setting oAuth, `access` property is required',
      );
    });

    sinkContract('rest', () => ({
      declaration: restSink({ http, sharedTls: null }),
      props: { url: recorder.url, method: 'POST' },
      arrived: () => recorder.requests.map(({ body }) => body),
    }));
  });

  describe('private networks', () => {
    for (const [address, isPrivate] of [
      ['127.0.0.1', true],
      ['10.1.2.3', true],
      ['172.31.0.1', true],
      ['172.32.0.1', false],
      ['192.168.1.1', true],
      ['169.254.169.254', true],
      ['0.0.0.0', true],
      ['224.0.0.1', true],
      ['8.8.8.8', false],
      ['::1', true],
      ['[::1]', true],
      ['fe80::1', true],
      ['fd00::1', true],
      ['::ffff:127.0.0.1', true],
      ['2001:4860:4860::8888', false],
      ['example.org', false],
    ] as const) {
      test(`${address} is ${isPrivate ? '' : 'not '}private`, () => expect(isPrivateAddress(address)).toBe(isPrivate));
    }

    for (const host of ['127.0.0.1', 'localhost']) {
      test(`${host} is refused at connect unless allowed`, async () => {
        const guarded = new OutboundHttp();
        closing.push(() => guarded.close());
        const context = new CollectingSinkContext();
        const url = recorder.url.replace('127.0.0.1', host);
        const rest = await openSink(restSink({ http: guarded, sharedTls: null }), context, { url });
        const error = await failedWrite(rest, bytesItems(['1']));
        expect(error.message).toMatch(/ip (127\.0\.0\.1|::1) is in internal network/);
        expect(error.recoverable).toBe(false);
        expect(recorder.requests).toEqual([]);
      });
    }
  });

  describe('httppull', () => {
    const open = async (
      props: Record<string, unknown>,
      suffix = '',
      resumeFrom: unknown = null,
    ): Promise<{ context: CollectingSource; subscription: PullSubscription }> => {
      const context = new CollectingSource({ clock, resumeFrom });
      const all = { url: recorder.url, ...props };
      const declaration = httppullSource({ http, sharedTls: null });
      const subscription = (await openSource(declaration, context, all, suffix)) as PullSubscription;
      return { context, subscription };
    };
    const answer = (body: unknown): void => {
      recorder.respond = (response) => response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };

    test('an object is a row, a list one row per object', async () => {
      const { context, subscription } = await open({ method: 'post', body: '{"q":1}' }, '/status');
      answer({ a: 1 });
      await subscription.pull(5);
      answer([{ a: 2 }, { a: 3 }]);
      await subscription.pull(6);
      expect(context.rows).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
      expect(context.messages.map(({ position, timestampMs }) => [position, timestampMs])).toEqual([
        [0, 5],
        [1, 6],
        [2, 6],
      ]);
      expect(recorder.requests[0]).toMatchObject({ method: 'POST', url: '/status', body: '{"q":1}' });
    });

    for (const [name, props, respond, text] of [
      ['another status', {}, (response: ServerResponse) => response.writeHead(404).end(), 'response code error: 404'],
      ['no JSON', {}, (response: ServerResponse) => response.end('<html>'), 'response body error: decode fail for '],
      [
        'a list of numbers',
        {},
        (response: ServerResponse) => response.end('[1]'),
        'response body error: decode fail for 1',
      ],
      [
        'a bad code in the body',
        { responseType: 'body' },
        (response: ServerResponse) => response.end('{"code":301}'),
        'response body error: code 301',
      ],
      [
        'compression without a header',
        { compression: 'gzip' },
        (response: ServerResponse) => response.end(gzipSync('{}')),
        'header Content-Encoding not exist',
      ],
    ] as const) {
      test(`${name} is an error, and the next tick goes on`, async () => {
        const { context, subscription } = await open(props);
        recorder.respond = respond;
        await expect(subscription.pull(1)).rejects.toThrow(text);
        recorder.respond = (response) => {
          response.setHeader('Content-Encoding', 'gzip');
          response.end('compression' in props ? gzipSync('{"code":200}') : '{"code":200}');
        };
        await subscription.pull(2);
        expect(context.rows).toEqual([{ code: 200 }]);
      });
    }

    test('with incremental an equal answer is passed over', async () => {
      const { context, subscription } = await open({ incremental: true });
      for (const a of [1, 1, 2, 1]) {
        answer({ a });
        await subscription.pull(1);
      }
      expect(context.rows).toEqual([{ a: 1 }, { a: 2 }, { a: 1 }]);
    });

    test('states go into the URL, are renewed by rows and resumed', async () => {
      const props = { url: `${recorder.url}/?since={{.id}}`, states: { id: 0 } };
      const first = await open(props);
      answer([{ id: 3 }, { id: 5 }]);
      await first.subscription.pull(1);
      answer([{ id: 6, x: 1 }]);
      await first.subscription.pull(2);
      expect(recorder.requests.map(({ url }) => url)).toEqual(['/?since=0', '/?since=5']);
      expect([-1, 0, 1, 2].map((safe) => first.subscription.stateAt?.(safe))).toEqual([
        { id: 0 },
        { id: 0 },
        { id: 5 },
        { id: 6 },
      ]);
      const second = await open(props, '', { id: 5, gone: 1 });
      await second.subscription.pull(1);
      second.subscription.reset?.({ id: 1 });
      await second.subscription.pull(1);
      expect(recorder.requests.slice(2).map(({ url }) => url)).toEqual(['/?since=5', '/?since=1']);
    });

    test('lookup: rows that equal all keys', async () => {
      answer([
        { id: 1, n: 'a' },
        { id: 2, n: 'b' },
      ]);
      const context = new CollectingSource({ clock });
      const declaration = httppullLookup({ http, sharedTls: null });
      const table = await declaration.open(context, decodeProps({ url: recorder.url }, declaration.props), {
        dataSource: '/t',
        key: '',
      });
      expect(await table.lookup(null, ['id'], [2n])).toEqual([{ id: 2, n: 'b' }]);
      expect(await table.lookup(null, ['id', 'n'], [1, 'b'])).toEqual([]);
    });

    for (const [props, suffix, text] of [
      [{ url: 'ftp://127.0.0.1' }, 'x', 'Invalid scheme ftp'],
      [{ compression: 'rar' }, '', 'unsupported decompressor: rar'],
    ] as const) {
      test(`check ${JSON.stringify(props)}`, () => {
        expect(checkSource(httppullSource({ http, sharedTls: null }), props, suffix)).toBe(text);
      });
    }

    let n = 0;
    sourceContract('httppull', () => {
      const due: number[] = [];
      recorder.respond = (response) => response.end(JSON.stringify({ n: due.shift() }));
      return {
        declaration: httppullSource({ http, sharedTls: null }),
        props: { url: recorder.url },
        produce: (count) => {
          for (let i = 0; i < count; i++) due.push(n++);
        },
      };
    });
  });
});
