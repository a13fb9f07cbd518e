"""gRPC without generated code: a server of all four kinds of calls, and its callers; messages are bytes."""

import concurrent.futures
import threading

import grpc

SERVICE = "hanse.test.Echo"


class Echo(grpc.GenericRpcHandler):
    """`unary` echoes, `down` streams, `up` collects, `both` echoes each message; `fail` and `wait` do so."""

    def __init__(self):
        self.waiting, self.cancelled = threading.Event(), threading.Event()

    def service(self, call):
        made = {"unary": (grpc.unary_unary_rpc_method_handler, self.unary),
                "fail": (grpc.unary_unary_rpc_method_handler, self.fail),
                "wait": (grpc.unary_unary_rpc_method_handler, self.wait),
                "down": (grpc.unary_stream_rpc_method_handler, self.down),
                "up": (grpc.stream_unary_rpc_method_handler, self.up),
                "both": (grpc.stream_stream_rpc_method_handler, self.both)}.get(call.method.rpartition("/")[2])
        return made and made[0](made[1])

    def unary(self, message, context):
        context.send_initial_metadata((("x-initial", "early"),))
        context.set_trailing_metadata((("x-trailing", "late"), ("x-raw-bin", b"\0\1\xff")))
        return message

    def fail(self, message, context):
        context.set_trailing_metadata((("x-detail-bin", message),))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not \u00fcber this\n")

    def wait(self, message, context):
        context.add_callback(self.cancelled.set)
        self.waiting.set()
        self.cancelled.wait(10)
        return message

    def down(self, message, context):
        for number in range(int(message)):
            yield b"%d" % number

    def up(self, messages, context):
        return b"%d" % sum(len(message) for message in messages)

    def both(self, messages, context):
        yield from messages


class Server:
    def __init__(self):
        self.handler = Echo()
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(16), handlers=[self.handler], options=[
            ("grpc.max_receive_message_length", 64 << 20), ("grpc.so_reuseport", 0)])
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def stop(self):
        self._server.stop(0)


class Caller:
    """A channel; `call(kind)` gives grpcio's own callable."""

    def __init__(self, place, authority="a.example"):
        self._channel = grpc.insecure_channel("%s:%d" % tuple(place), options=[
            ("grpc.default_authority", authority), ("grpc.max_receive_message_length", 64 << 20),
            ("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0)])

    def __getattr__(self, kind):
        make = {"down": self._channel.unary_stream, "up": self._channel.stream_unary,
                "both": self._channel.stream_stream}.get(kind, self._channel.unary_unary)
        return make(f"/{SERVICE}/{kind}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._channel.close()
