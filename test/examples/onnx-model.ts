/** Writes ONNX models as files: protobuf with the few messages they need. Source: onnx.proto3, IR version 8, operators 13. */
import protobuf from 'protobufjs';

const root = protobuf.parse(`
  syntax = "proto3";
  message Model { int64 ir_version = 1; string producer_name = 2; Graph graph = 7; repeated OperatorSet opset_import = 8; }
  message OperatorSet { string domain = 1; int64 version = 2; }
  message Graph {
    repeated Node node = 1; string name = 2; repeated Tensor initializer = 5;
    repeated Port input = 11; repeated Port output = 12;
  }
  message Node { repeated string input = 1; repeated string output = 2; string op_type = 4; repeated Attribute attribute = 5; }
  message Attribute { string name = 1; int64 i = 3; int32 type = 20; }
  message Tensor { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message Port { string name = 1; Type type = 2; }
  message Type { TensorType tensor_type = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Shape { repeated Dimension dim = 1; }
  message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
`).root;

/** Numbers of `TensorProto.DataType`. */
const types = { float32: 1, uint8: 2, int64: 7, string: 8, bool: 9, float16: 10 } as const;

export interface Port {
  readonly name: string;
  readonly type: keyof typeof types;
  /** A name is a length that is not fixed. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly {
    readonly op: string;
    readonly from: readonly string[];
    readonly to: readonly string[];
    /** Attributes that are integers. */
    readonly ints?: Readonly<Record<string, number>>;
  }[];
  /** Constants of floats. */
  readonly weights?: readonly { readonly name: string; readonly shape: readonly number[]; readonly values: number[] }[];
}

export function writeOnnx({ inputs, outputs, nodes, weights = [] }: OnnxModel): Uint8Array {
  const graph = {
    name: 'g',
    node: nodes.map(({ op, from, to, ints = {} }) => ({
      input: from,
      output: to,
      opType: op,
      attribute: Object.entries(ints).map(([name, i]) => ({ name, i, type: 2 })),
    })),
    initializer: weights.map(({ name, shape, values }) => ({
      name,
      dims: shape,
      dataType: types.float32,
      rawData: new Uint8Array(Float32Array.from(values).buffer),
    })),
    input: inputs.map(portMessage),
    output: outputs.map(portMessage),
  };
  const message = { irVersion: 8, producerName: 'test', graph, opsetImport: [{ domain: '', version: 13 }] };
  const model = root.lookupType('Model');
  return model.encode(model.fromObject(message)).finish();
}

function portMessage({ name, type, shape }: Port): object {
  const dim = shape.map((length) => (typeof length === 'number' ? { dimValue: length } : { dimParam: length }));
  return { name, type: { tensorType: { elemType: types[type], shape: { dim } } } };
}
