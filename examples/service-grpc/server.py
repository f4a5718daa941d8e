"""A gRPC server: python3 server.py [PORT] [CERTIFICATE KEY]. Prints its port. Needs grpcio and grpcio-tools."""

import sys
import tempfile
import time
from concurrent import futures
from pathlib import Path

import grpc
from grpc_tools import protoc

here = Path(__file__).parent
generated = tempfile.mkdtemp()
well_known = Path(protoc.__file__).parent / "_proto"
arguments = [f"-I{here / 'schemas'}", f"-I{well_known}", f"--python_out={generated}", f"--grpc_python_out={generated}"]
assert protoc.main(["protoc", *arguments, "sensors.proto"]) == 0
sys.path.insert(0, generated)

import sensors_pb2 as messages  # noqa: E402
import sensors_pb2_grpc as services  # noqa: E402
from google.protobuf import empty_pb2, wrappers_pb2  # noqa: E402


class Sensors(services.SensorsServicer):
    def Calibrate(self, request, context):
        metadata = dict(context.invocation_metadata())
        value = request.raw * 0.5 + request.celsius
        quality = messages.GOOD if value >= 0 else messages.BAD
        signature = metadata.get("x-site", "").encode()
        return messages.Corrected(device=request.device, value=value, quality=quality, signature=signature)

    def Summarize(self, request, context):
        values = list(request.values)
        buckets = [messages.Bucket(**{"from": v, "to": v + 1, "ids": range(i)}) for i, v in enumerate(values)]
        summary = messages.Summary(device=request.device, buckets=buckets, counts={"values": len(values)})
        if buckets:
            summary.widest.CopyFrom(buckets[-1])
        return summary

    def CountLetters(self, request, context):
        return wrappers_pb2.Int64Value(value=len(request.value))

    def Reset(self, request, context):
        return empty_pb2.Empty()

    def Echo(self, request, context):
        time.sleep(request.delay_ms / 1000)
        return request

    def Fail(self, request, context):
        context.abort(list(grpc.StatusCode)[request.code], request.text)


def serve(port: int, files: list) -> None:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=64))
    services.add_SensorsServicer_to_server(Sensors(), server)
    if files:
        certificate, key = (Path(name).read_bytes() for name in files)
        port = server.add_secure_port(f"127.0.0.1:{port}", grpc.ssl_server_credentials([(key, certificate)]))
    else:
        port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else 50051, sys.argv[2:4])
