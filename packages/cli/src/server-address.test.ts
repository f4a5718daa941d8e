import { describe, expect, it } from 'vitest';
import { parseClientConfig } from './client-config.ts';
import { findServer, parseAddress } from './server-address.ts';

const nowhere = { cwd: '/nonexistent', env: {} };

describe('the address of a server', () => {
  const addresses: readonly (readonly [text: string, url: string])[] = [
    ['edge', 'http://edge:9081/'],
    ['edge:80', 'http://edge/'],
    ['edge:8080', 'http://edge:8080/'],
    ['[::1]', 'http://[::1]:9081/'],
    ['[::1]:9090', 'http://[::1]:9090/'],
    ['http://edge', 'http://edge/'],
    ['https://edge/kuiper?x#y', 'https://edge/kuiper'],
    ['edge/kuiper', 'http://edge:9081/kuiper'],
  ];
  for (const [text, url] of addresses) {
    it(`reads ${text} as ${url}`, () => expect(parseAddress(text, '--server').href).toBe(url));
  }

  it('is this machine by default', async () => {
    expect((await findServer(undefined, nowhere)).href).toBe('http://127.0.0.1:9081/');
  });

  it('takes a host from the configuration, and not the RPC port of the original client', async () => {
    const env = { CLIENT__BASIC__HOST: '::1', CLIENT__BASIC__PORT: '20498' };
    expect((await findServer(undefined, { ...nowhere, env })).href).toBe('http://[::1]:9081/');
  });

  it('named by the option goes before the variable, and that before the configuration', async () => {
    const env = { KUIPER_SERVER: 'b:2', CLIENT__BASIC__PORT: '3' };
    expect((await findServer('a:1', { ...nowhere, env })).host).toBe('a:1');
    expect((await findServer(undefined, { ...nowhere, env })).host).toBe('b:2');
  });
});

describe('client.yaml', () => {
  const files: readonly (readonly [text: string, config: object])[] = [
    ['basic:\n  host: 10.0.0.1\n  port: 9000\n', { host: '10.0.0.1', port: 9000 }],
    ['# client\nBasic: # section\r\n  Host: "edge" # here\r\n\r\n  port: \'81\'', { host: 'edge', port: 81 }],
    ['---\nother:\n  host: x\nbasic:\n    port: 82', { port: 82 }],
    ['basic: {host: edge, port: 83}', { host: 'edge', port: 83 }],
    ['', {}],
  ];
  for (const [text, config] of files) {
    it(`is read: ${JSON.stringify(text)}`, () => expect(parseClientConfig(text, 'client.yaml')).toEqual(config));
  }

  for (const [text, why] of [
    ['basic:\n  port: many', 'The client configuration client.yaml cannot be read: "many" is no port.'],
    ['basic\n', 'The client configuration client.yaml cannot be read: "basic" is no "name: value".'],
  ] as const) {
    it(`is refused: ${JSON.stringify(text)}`, () => {
      expect(() => parseClientConfig(text, 'client.yaml')).toThrow(why);
    });
  }
});
