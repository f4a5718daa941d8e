/** A server on a real socket that remembers what it was asked and answers what it was told to. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: http.IncomingHttpHeaders;
}

/** Text with its status, 200 by default; a function writes the response itself. */
export type Answer = string | readonly [status: number, text: string] | ((response: http.ServerResponse) => void);

export class RecordingServer {
  readonly requests: RecordedRequest[] = [];
  readonly #server: http.Server;
  /** By method and path, such as `GET /rules`. */
  #answers: Readonly<Record<string, Answer>> = {};

  private constructor(server: http.Server) {
    this.#server = server;
  }

  static async start(): Promise<RecordingServer> {
    const recording = new RecordingServer(
      http.createServer((request, response) => recording.#handle(request, response)),
    );
    await new Promise<void>((resolve) => recording.#server.listen(0, '127.0.0.1', resolve));
    return recording;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Forgets earlier requests. What has no answer is a 404. */
  expect(answers: Readonly<Record<string, Answer>>): void {
    this.#answers = answers;
    this.requests.length = 0;
  }

  /** `POST /rules {"id":"r"}` for each request. */
  get lines(): string[] {
    return this.requests.map(({ method, path, body }) => `${method} ${path}${body === '' ? '' : ` ${body}`}`);
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    this.requests.push({ method, path: url, body: Buffer.concat(chunks).toString('utf8'), headers });
    const answer = this.#answers[`${method} ${url}`] ?? ([404, '404 page not found\n'] as const);
    if (typeof answer === 'function') return answer(response);
    const [status, text] = typeof answer === 'string' ? [200, answer] : answer;
    response.writeHead(status).end(text);
  }
}
