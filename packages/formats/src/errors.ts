/**
 * Texts of messages that cannot be decoded and rows that cannot be encoded. They concern one message, so they are row
 * errors: counted, and with `sendError` forwarded. Source: io §8.
 */
import { type RowError, makeRowError } from '@kuiper/base';

export const formatErrors: {
  syntax(why: string): RowError;
  wrongType(column: string, jsonType: string, declared: string): RowError;
  notAnObject(jsonType: string): RowError;
  unsupportedTopLevel(): RowError;
  mustBeMap(valueText: string): RowError;
  noSelf(): RowError;
  badQuery(why: string): RowError;
} = {
  syntax: (why) => makeRowError(`cannot parse JSON: ${why}`),
  wrongType: (column, jsonType, declared) => makeRowError(`${column} has wrong type:${jsonType}, expect:${declared}`),
  notAnObject: (jsonType) => makeRowError(`value doesn't contain object; it contains ${jsonType}`),
  unsupportedTopLevel: () => makeRowError('only map[string]interface{} and []map[string]interface{} is supported'),
  mustBeMap: (valueText) => makeRowError(`unsupported type ${valueText}, must be a map`),
  noSelf: () => makeRowError('field self not exist'),
  badQuery: (why) => makeRowError(`fail to parse url encoded value ${why}`),
};
