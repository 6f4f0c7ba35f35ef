"""Serves S3 on a port of the loopback address, one request at a time.

moto looks whether a condition is met and writes in two steps, and other threads come between them.
"""

import io
import sys
import threading

from moto.server import create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple

application = create_backend_app("s3")
turn = threading.Lock()


class KeepsConnections(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        pass


def one_at_a_time(environ, start_response):
    # A client that stops in the middle of a request holds nobody up.
    length = int(environ.get("CONTENT_LENGTH") or 0)
    environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
    with turn:
        return application(environ, start_response)


run_simple(
    "127.0.0.1",
    int(sys.argv[1]),
    one_at_a_time,
    threaded=True,
    request_handler=KeepsConnections,
)
