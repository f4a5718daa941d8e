import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorText, ManualClock } from '@kuiper/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { frame, RawPeer, request, settle } from '../../../../sdk/testing/raw-peer.ts';
import { RequestChannel } from './request-channel.ts';

/**
 * A conversation, one step a line. Peers are single letters, ids small numbers (the top bit is added), times
 * milliseconds; calls time out after 5000.
 *
 *     A connects | A hangs up | A says 5 text | A says 5 one, 6 two (in one write) | A repeats relayed
 *     A gets 5 body | A gets nothing | A is gone
 *     call NAME [reissue|fail] [of PROCESS] | NAME gives text | NAME fails text | NAME waits
 *     serves PROCESS new|known text | lost PROCESS | spawned [LANES] | advance MS | fail all text | close
 */
const conversations: Record<string, string> = {
  'a call is the reply to the handshake, its result the next request': `
    A connects
    A says 5 handshake
    serves 1 new handshake
    A gets nothing
    call c1
    A gets 5 c1
    c1 waits
    A says 6 ok
    c1 gives ok
    A gets nothing`,
  'a call that comes before any connection waits for the handshake': `
    call c1
    A connects
    A gets nothing
    A says 5 handshake
    A gets 5 c1`,
  'calls go one at a time and in order': `
    A connects
    A says 5 handshake
    call c1
    call c2
    call c3
    A gets 5 c1
    A says 6 r1
    c1 gives r1
    A gets 6 c2
    A says 7 r2
    A gets 7 c3
    A says 8 r3
    c2 gives r2
    c3 gives r3`,
  'after keep-alives only the newest id is answered, once': `
    A connects
    A says 5 handshake
    A says 6 handshake, 7 handshake, 8 handshake
    A says 9 handshake
    call c1
    A gets 9 c1
    A says 10 ok
    c1 gives ok`,
  'a request sent again on the same connection is neither a result nor unanswered twice': `
    A connects
    A says 5 handshake
    call c1
    A gets 5 c1
    A says 6 ok
    A says 6 ok
    c1 gives ok
    call c2
    A gets 6 c2
    A says 6 ok
    A gets nothing
    c2 waits
    A says 7 second
    c2 gives second`,
  'a keep-alive that crosses a call gets the call again, so that it is executed once': `
    A connects
    A says 5 handshake
    call c1
    A gets 5 c1
    A says 6 handshake
    A gets 6 c1
    c1 waits
    A says 7 ok
    c1 gives ok`,
  'of several keep-alives that cross a call only the last is answered': `
    A connects
    A says 5 handshake
    call c1
    A gets 5 c1
    A says 6 handshake, 7 handshake
    A gets 7 c1
    A says 7 handshake
    A gets nothing
    A says 8 ok
    c1 gives ok`,
  'a call that crosses keep-alives for ever ends with its time': `
    A connects
    A says 5 handshake
    call c1
    A gets 5 c1
    advance 4000
    A says 6 handshake
    A gets 6 c1
    advance 999
    c1 waits
    advance 1
    c1 fails time out
    A says 7 handshake
    A gets nothing`,
  'a result and the keep-alive behind it in one read are told apart': `
    A connects
    A says 5 handshake
    call c1
    A gets 5 c1
    A says 6 r1, 7 handshake
    c1 gives r1
    A gets nothing
    call c2
    A gets 7 c2`,
  'an error text that begins like a handshake is a result': `
    A connects
    A says 5 handshake
    call c1
    A gets 5 c1
    A says 6 host unreachable
    c1 gives host unreachable
    call c2
    A gets 6 c2
    A says 7 handshake failed
    c2 gives handshake failed
    call c3
    A gets 7 c3
    A says 8 handshaky
    c3 gives handshaky`,
  'the handshake of an SDK with extras is one': `
    A connects
    A says 5 handshake {"v":2}
    serves 1 new handshake {"v":2}
    call c1
    A gets 5 c1
    A says 6 handshake {"v":2}
    A gets 6 c1
    A says 7 ok
    c1 gives ok`,
  'the late result of a call that timed out is not the result of the next': `
    A connects
    A says 5 handshake
    call c1
    A gets 5 c1
    advance 5000
    c1 fails time out
    call c2
    A gets nothing
    A says 6 late
    A gets 6 c2
    c2 waits
    A says 7 r2
    c2 gives r2`,
  'a call behind a plugin that hangs times out as well': `
    A connects
    A says 5 handshake
    call c1
    advance 1000
    call c2
    advance 4000
    c1 fails time out
    c2 waits
    advance 4999
    c2 waits
    advance 1
    c2 fails time out
    A gets 5 c1`,
  'a call behind one that takes too long still has its turn': `
    A connects
    A says 5 handshake
    call c1
    call c2
    advance 5000
    c1 fails time out
    A gets 5 c1
    advance 1000
    A says 6 r1
    A gets 6 c2
    A says 7 r2
    c2 gives r2`,
  'a call behind slow ones waits as long as results come': `
    A connects
    A says 5 handshake
    call c1
    call c2
    advance 4000
    A says 6 r1
    c1 gives r1
    advance 4000
    A gets 5 c1
    A gets 6 c2
    c2 waits
    A says 7 r2
    c2 gives r2`,
  'a waiting call is given its time anew when its turn comes near': `
    A connects
    A says 5 handshake
    call c1
    call c2
    call c3
    advance 4000
    A says 6 r1
    advance 4000
    A says 7 r2
    advance 4000
    A says 8 r3
    c1 gives r1
    c2 gives r2
    c3 gives r3`,
  'an empty body is a result': `
    A connects
    A says 5 handshake
    call c1
    A says 6 
    c1 gives `,
  'messages of relays and messages without an id are dropped': `
    A connects
    A says 5 handshake
    call c1
    A gets 5 c1
    A repeats relayed
    c1 waits
    A says 6 ok
    c1 gives ok`,
  'a lost connection fails an execution at once': `
    A connects
    A says 5 handshake
    call c1 fail
    A gets 5 c1
    A hangs up
    c1 fails connection lost
    lost 1`,
  'a plugin that lost a reply repeats its request and gets the control call again': `
    A connects
    A says 5 handshake
    call c1
    A says 6 ok
    call c2 reissue
    A gets 5 c1
    A gets 6 c2
    A hangs up
    lost 1
    c2 waits
    B connects
    B says 6 ok
    serves 1 known ok
    B gets 6 c2
    B says 7 done
    c2 gives done`,
  'a plugin that executed a control call while the connection was lost tells its result': `
    A connects
    A says 5 handshake
    call c1 reissue
    A gets 5 c1
    A hangs up
    B connects
    B says 6 ok
    c1 gives ok
    serves 1 known ok
    B gets nothing
    call c2
    B gets 6 c2`,
  'a new process gets the control call that the old one died with': `
    A connects
    A says 5 handshake
    call c1 reissue
    A gets 5 c1
    A hangs up
    B connects
    B says 900 handshake
    serves 2 new handshake
    B gets 900 c1
    B says 901 ok
    c1 gives ok`,
  'a control call is sent again before those that wait': `
    A connects
    A says 5 handshake
    call c1 reissue
    call c2
    A hangs up
    B connects
    B says 900 handshake
    B gets 900 c1
    B says 901 ok
    B gets 901 c2`,
  'what an unknown process repeats is not the result of a control call': `
    A connects
    A says 5 handshake
    call c1 reissue
    A hangs up
    B connects
    B says 300 ok
    serves 2 new ok
    c1 waits
    B gets 300 c1
    B says 301 done
    c1 gives done`,
  'a control call keeps its time when it is sent again': `
    A connects
    A says 5 handshake
    call c1 reissue
    advance 3000
    A hangs up
    B connects
    B says 6 handshake
    advance 2000
    c1 fails time out`,
  'an execution lost with its connection leaves no result for the next': `
    A connects
    A says 5 handshake
    call c1
    A says 6 old
    c1 gives old
    call c2 fail
    A hangs up
    c2 fails connection lost
    call c3
    B connects
    B says 6 old
    c3 waits
    B gets 6 c3
    B says 7 new
    c3 gives new`,
  'an execution that was finished after its connection was lost leaves no result for the next': `
    A connects
    A says 5 handshake
    call c1 fail
    A hangs up
    call c2
    B connects
    B says 6 of c1
    c2 waits
    B gets 6 c2
    B says 7 of c2
    c2 gives of c2`,
  'a plugin back before its old connection was seen to end takes its place': `
    A connects
    A says 5 handshake
    call c1 reissue
    A gets 5 c1
    B connects
    B says 5 handshake
    lost 1
    serves 1 known handshake
    B gets 5 c1`,
  'the end of a process fails what it works on and what waits': `
    A connects
    A says 5 handshake
    call c1
    call c2
    call c3
    A says 6 r1
    fail all plugin died
    c1 gives r1
    c2 fails plugin died
    c3 fails plugin died`,
  'after all calls failed the late result is discarded': `
    A connects
    A says 5 handshake
    call c1
    fail all stopped
    c1 fails stopped
    call c2
    A says 6 of c1
    A gets 5 c1
    A gets 6 c2
    A says 7 of c2
    c2 gives of c2`,
  'closing fails calls, hangs up and takes no more': `
    A connects
    A says 5 handshake
    call c1
    call c2
    close
    c1 fails channel closed
    c2 fails channel closed
    A is gone
    call c3
    c3 fails channel closed`,
  'several processes work at the same time': `
    spawned 2
    A connects
    B connects
    A says 5 handshake
    B says 500 handshake
    serves 1 new handshake
    serves 2 new handshake
    call c1
    call c2
    call c3
    A gets 5 c1
    B gets 500 c2
    B says 501 r2
    c2 gives r2
    B gets 501 c3
    c1 waits
    B says 502 r3
    c3 gives r3
    A says 6 r1
    c1 gives r1`,
  'of several processes the others go on when one dies': `
    spawned 2
    A connects
    B connects
    A says 5 handshake
    B says 500 handshake
    call c1
    call c2
    call c3
    A hangs up
    lost 1
    c1 fails connection lost
    B says 501 r2
    c2 gives r2
    B gets 500 c2
    B gets 501 c3`,
  'a call for one process waits for that one': `
    spawned 2
    A connects
    B connects
    A says 5 handshake
    B says 500 handshake
    call c1 reissue of 2
    call c2 reissue of 2
    call c3
    B gets 500 c1
    A gets 5 c3
    A says 6 r3
    A gets nothing
    B says 501 r1
    B gets 501 c2`,
  'a call for one process follows it to its next connection': `
    spawned 2
    A connects
    B connects
    A says 5 handshake
    B says 500 handshake
    call c1 reissue of 2
    B gets 500 c1
    B hangs up
    C connects
    C says 500 handshake
    serves 2 known handshake
    C gets 500 c1
    A gets nothing`,
  'the handshake of the process just started takes the place of an older one': `
    A connects
    A says 5 handshake
    spawned
    call c1
    A gets 5 c1
    B connects
    B says 500 handshake
    lost 1
    c1 fails connection lost
    serves 2 new handshake
    call c2
    B gets 500 c2
    A says 6 stale
    A gets nothing
    c2 waits`,
  'an orphan that repeats its last result does not push out the process that serves': `
    spawned
    A connects
    A says 5 handshake
    serves 1 new handshake
    B connects
    B says 500 ok
    call c1
    A gets 5 c1
    B gets nothing`,
  'of two processes started by hand the newest serves': `
    A connects
    A says 5 handshake
    B connects
    B says 500 handshake
    call c1
    A gets nothing
    B gets 500 c1`,
  'processes whose number was told late all serve': `
    spawned 1
    A connects
    A says 5 handshake
    serves 1 new handshake
    B connects
    B says 500 handshake
    lost 1
    serves 2 new handshake
    spawned 2
    serves 1 known 
    call c1
    call c2
    B gets 500 c1
    A gets 5 c2`,
  'a connection that waits comes in when the one that served is gone': `
    A connects
    A says 5 handshake
    B connects
    B says 500 ok
    call c1
    call c2
    A hangs up
    lost 1
    c1 fails connection lost
    B gets 500 c2`,
  'a process that was replaced does not come in again': `
    A connects
    A says 5 handshake
    spawned
    B connects
    B says 500 handshake
    B hangs up
    call c1
    A says 6 handshake
    A gets nothing
    c1 waits`,
  'a handshake that is in the same read as others is not mistaken': `
    call c1
    A connects
    A says 5 handshake, 6 handshake
    A gets 6 c1
    A says 7 ok
    c1 gives ok`,
  'ids go round at their end': `
    A connects
    A says 2147483647 handshake
    call c1 reissue
    A gets 2147483647 c1
    A hangs up
    B connects
    B says 0 ok
    c1 gives ok
    serves 1 known ok`,
};

type Outcome = string | null;

class Conversation {
  readonly #clock = new ManualClock(1_000_000);
  readonly #path: string;
  readonly #peers = new Map<string, RawPeer>();
  readonly #outcomes = new Map<string, Outcome>();
  readonly #events: string[] = [];
  #channel: RequestChannel | undefined;
  readonly #heard = new Map<string, string[]>();

  constructor(path: string) {
    this.#path = path;
  }

  async run(text: string): Promise<void> {
    this.#channel = await RequestChannel.listen(`ipc://${this.#path}`, {
      clock: this.#clock,
      onHandshake: ({ body, process, isNewProcess }) =>
        this.#events.push(`serves ${process} ${isNewProcess ? 'new' : 'known'} ${body}`),
      onLost: (process) => this.#events.push(`lost ${process}`),
    });
    for (const line of text.split('\n').slice(1)) {
      await this.#step(line.replace(/^ {4}/, ''));
      await settle();
    }
    await this.#channel.close();
    for (const peer of this.#peers.values()) peer.hangUp();
  }

  async #step(step: string): Promise<void> {
    const channel = this.#channel as RequestChannel;
    const [first = '', second = '', ...others] = step.split(' ');
    const rest = others.join(' ');
    const named = step.slice(first.length + 1);
    if (/^[A-Z]$/.test(first)) return this.#peerStep(first, second, rest, step);
    if (first === 'call') return this.#call(second, others);
    if (first === 'advance') this.#clock.advance(Number(second));
    else if (first === 'spawned') channel.spawned(second === '' ? undefined : Number(second));
    else if (first === 'fail') channel.failAll(rest);
    else if (first === 'close') await channel.close();
    else if (first === 'serves' || first === 'lost') {
      expect(this.#events.slice(0, this.#events.indexOf(step) + 1), step).toContain(step);
      this.#events.splice(0, this.#events.indexOf(step) + 1);
    } else if (second === 'waits') expect(this.#outcomes.get(first), step).toBe(null);
    else expect(`${this.#outcomes.get(first)}`, step).toBe(named);
  }

  async #peerStep(name: string, verb: string, rest: string, step: string): Promise<void> {
    if (verb === 'connects') {
      const connected = await RawPeer.connect(this.#path);
      expect(connected.takeGreeting(), step).toBe('0053500000310000');
      this.#peers.set(name, connected);
      this.#heard.set(name, []);
      return;
    }
    const peer = this.#peers.get(name) as RawPeer;
    const heard = this.#heard.get(name) as string[];
    for (const payload of peer.takeFrames()) {
      heard.push(`${payload.readUInt32BE(0) - 0x8000_0000} ${payload.toString('utf8', 4)}`);
    }
    if (verb === 'hangs') peer.hangUp();
    else if (verb === 'repeats') peer.say(Buffer.concat([frame(Buffer.from('abc')), request(6, 'relayed')]));
    else if (verb === 'is') expect(peer.isClosed, step).toBe(true);
    else if (verb === 'gets') expect(heard.shift() ?? 'nothing', step).toBe(rest);
    else {
      const messages = rest.split(/, (?=\d+ )/).map((message) => {
        const space = message.indexOf(' ');
        return request(Number(message.slice(0, space)) + 0x8000_0000, message.slice(space + 1));
      });
      peer.say(Buffer.concat(messages));
    }
  }

  #call(name: string, words: readonly string[]): void {
    const of = words.indexOf('of');
    const target = of < 0 ? {} : { process: Number(words[of + 1]) };
    const onLoss = words.includes('reissue') ? 'reissue' : 'fail';
    this.#outcomes.set(name, null);
    this.#channel?.call(name, { timeoutMs: 5000, onLoss, ...target }).then(
      (result) => this.#outcomes.set(name, `gives ${result}`),
      (error) => this.#outcomes.set(name, `fails ${errorText(error)}`),
    );
  }
}

describe('a request channel', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'channel-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  let count = 0;
  for (const [name, text] of Object.entries(conversations)) {
    test(name, async () => {
      await new Conversation(join(directory, `${count++}.ipc`)).run(text);
    });
  }

  test('a call that a plugin of the Go SDK cannot take says so and is not sent again', async () => {
    const path = join(directory, 'long.ipc');
    const channel = await RequestChannel.listen(`ipc://${path}`, { clock: new ManualClock() });
    const peer = await RawPeer.connect(path);
    peer.say(request(0x8000_0001, 'handshake'));
    await settle();
    const call = channel.call('x'.repeat(1_100_000), { timeoutMs: 5000, onLoss: 'reissue' });
    peer.hangUp();
    await expect(call).rejects.toThrow(
      'connection lost while a call of 1100000 bytes was sent, plugins of the Go SDK take 1048572 at most',
    );
    expect(channel.queued).toBe(0);
    await channel.close();
  });
});
