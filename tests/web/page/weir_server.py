"""weir with an HTTP listener, on a port of the system's choice."""

import os
import re
import signal
import subprocess
import tempfile


class Server:
    def __init__(self, arguments, **environment):
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        self.listener = None
        said = []
        for line in self.process.stderr:
            said.append(line)
            if found := re.search(r"listening on (udp://\S+)", line):
                self.listener = found[1]
            if found := re.search(r"(http://\S+:\d+)", line):
                self.url = found[1]
                if self.listener or "serve" in arguments:
                    break
            elif self.listener and hasattr(self, "url"):
                break
        else:
            raise RuntimeError("no server: " + "".join(said))

    def close(self):
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)


def collect(weir, directory, *more):
    return Server(
        [
            weir,
            "collect",
            "--listen",
            "udp://127.0.0.1:0",
            "--http",
            "127.0.0.1:0",
            "--state-dir",
            "none",
            "--run-dir",
            tempfile.mkdtemp(dir=directory),
            *more,
        ]
    )


def serve(weir, store, *more, **environment):
    return Server([weir, "serve", "-d", str(store), "--http", "127.0.0.1:0", *more], **environment)
