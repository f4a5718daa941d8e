/** What speaks protobuf beside the format of that name: the reading of `.proto` files, the wire format. */
export * from './protobuf/field-type.ts';
export * from './protobuf/load-proto.ts';
export * from './protobuf/wire-reader.ts';
export * from './protobuf/wire-writer.ts';
