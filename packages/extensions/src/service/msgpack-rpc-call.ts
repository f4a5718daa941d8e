/** Calls over MessagePack-RPC: the fields of the input are the parameters. Source: behaviour spec, extension §6.7. */
import { setMember } from '@kuiper/base';
import type { CallArgument } from '@kuiper/sdk';
import type { CallSignal } from './call-signal.ts';
import { checkArgumentsOf, mapArguments } from './map-arguments.ts';
import { resultOfPlain } from './message-result.ts';
import { type FieldType, isIntType, type MessageType, type MessageValue } from './message-type.ts';
import type { MsgpackRpcClient } from './msgpack-rpc-client.ts';
import type { ProtoMethod } from './proto-schema.ts';
import { longestKey, type RemoteCall } from './remote-call.ts';
import { plainJsonOf } from './well-known.ts';
import { encodeMessage } from './wire-codec.ts';

interface MsgpackMessage {
  readonly value: MessageValue;
}

export class MsgpackRpcCall implements RemoteCall<MsgpackMessage> {
  readonly #client: MsgpackRpcClient;
  readonly #method: ProtoMethod;

  constructor(client: MsgpackRpcClient, method: ProtoMethod) {
    this.#client = client;
    this.#method = method;
  }

  check(args: readonly CallArgument[]): string | null {
    return checkArgumentsOf(this.#method.input, args);
  }

  encode(args: readonly unknown[]): MsgpackMessage {
    return { value: mapArguments(this.#method.input, args) };
  }

  key({ value }: MsgpackMessage): string | null {
    const bytes = encodeMessage(this.#method.input, value);
    if (bytes.length > longestKey) return null;
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  }

  shareable(): boolean {
    return true;
  }

  async send({ value }: MsgpackMessage, signal: CallSignal): Promise<unknown> {
    const { name, input, output } = this.#method;
    const params = input.fields.map((field) => plainField(field, value[field.index]));
    const result = await this.#client.call(name, params, signal);
    return output.form === 'empty' ? {} : resultOfPlain(output, result);
  }
}

/** Ints as `bigint`, which are ints on the wire whatever their size; unset fields are null. */
function plainField(field: FieldType, value: unknown): unknown {
  if (value === undefined) return field.unset === undefined ? null : plainUnset(field);
  if (field.mapKey !== null) {
    const made: Record<string, unknown> = {};
    for (const [key, member] of value as [unknown, unknown][]) setMember(made, String(key), plainOne(field, member));
    return made;
  }
  if (!field.repeated) return plainOne(field, value);
  return (value as unknown[]).map((element) => plainOne(field, element));
}

function plainUnset(field: FieldType): unknown {
  return field.repeated || field.mapKey !== null ? field.unset : plainOne(field, field.unset);
}

function plainOne(field: FieldType, value: unknown): unknown {
  if (field.message !== null) return value === null ? null : plainMessage(field.message, value as MessageValue);
  return typeof value === 'number' && isIntType(field.type) ? BigInt(value) : value;
}

function plainMessage(type: MessageType, value: MessageValue): unknown {
  if (type.form === 'struct' || type.form === 'value' || type.form === 'list') return plainJsonOf(type, value);
  if (type.form === 'wrapper') return plainField(type.fields[0] as FieldType, value[0]);
  const made: Record<string, unknown> = {};
  for (const field of type.fields) {
    const member = value[field.index];
    if (member !== undefined) setMember(made, field.name, plainField(field, member));
  }
  return made;
}
