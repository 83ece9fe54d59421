"""A world in which the commands of the documents can be run as they stand: namespaces of its own for files, network and
processes, in which we are root, the usual directories are empty, and the hosts that documents speak of are this one."""
import gzip
import http.server
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

NAMESPACES = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private"]
PROBE = "mount -t proc proc /proc && mount -t sysfs sysfs /sys && ip link add probe0 type veth peer name probe1"
ADDRESSES = ["192.0.2.10", "10.0.0.5", "198.51.100.9"]
HOSTS = ["openobserve.example"]
OTHER_HOSTS = ["collector", "collector2", "host"]  # take everything, and are silent
OTHER_ADDRESS = "203.0.113.10"
INTERFACES = ["eth0", "eth1", "eth2"]
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def enter(arguments):
    """Runs this program again inside the namespaces; does not return."""
    command = list(NAMESPACES)
    if os.geteuid() != 0:
        command.insert(1, "--map-root-user")
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        print("skipped: unshare (util-linux) and ip (iproute2) are needed")
        sys.exit(SKIPPED)
    tried = subprocess.run([*command, "sh", "-c", PROBE], capture_output=True, text=True)
    if tried.returncode != 0:
        print(f"skipped: no namespaces can be made here, neither as root nor as this user: {tried.stderr}")
        sys.exit(SKIPPED)
    os.execvp(command[0], [*command, sys.executable, *arguments])


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr}")


def bind(source, target, *options):
    run("mount", "--rbind", str(source), str(target))
    if options:
        run("mount", "-o", ",".join(("remount", "bind", *options)), str(target))


def enter_root(weir):
    """A root directory with this system's programs and nothing else, and `weir` among them."""
    root = Path("/mnt")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "docs", str(root))
    for name in ("usr", "dev", "proc", "sys", "tmp", "run", "root", "srv", "backup", "etc", "var/lib", "var/log/weir"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "sbin", "lib", "lib64", "lib32"):
        if os.path.islink("/" + name):
            os.symlink(os.readlink("/" + name), root / name)
        elif os.path.isdir("/" + name):
            (root / name).mkdir()
            bind("/" + name, root / name, "ro")
    bind("/usr", root / "usr", "ro")
    if not sys.base_prefix.startswith("/usr"):  # a Python of its own, whose modules are still to be loaded
        own = root / sys.base_prefix[1:]
        own.mkdir(parents=True)
        bind(sys.base_prefix, own, "ro")
    bind("/dev", root / "dev")
    run("mount", "-t", "proc", "proc", str(root / "proc"))
    bind(root / "proc/sys", root / "proc/sys", "ro")  # much of it is the whole machine's
    run("mount", "-t", "sysfs", "sysfs", str(root / "sys"))
    copy_readable("/etc", root / "etc")
    local = root / "usr/local/bin"
    run("mount", "-t", "tmpfs", "-o", "mode=755", "docs", str(local))
    (local / "weir").touch()
    run("mount", "--bind", weir, str(local / "weir"))
    script(local / "sudo", '[ "$1" = -E ] && shift\nexec "$@"')
    script(local / "setcap", "exit 0")  # the file system of a sandbox has no capabilities
    os.chroot(root)
    os.chdir("/root")
    os.environ.clear()
    os.environ.update(HOME="/root", PATH="/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin", TERM="xterm",
                      LC_ALL="C.UTF-8", COLUMNS="120", LINES="40", USER="root")


def copy_readable(source, target):
    def ignore(directory, names):
        paths = [(name, os.path.join(directory, name)) for name in names]
        return [name for name, path in paths if not os.path.islink(path) and not os.access(path, os.R_OK)]

    shutil.copytree(source, target, symlinks=True, ignore=ignore, dirs_exist_ok=True)


def script(path, text):
    path.write_text("#!/bin/sh\n" + text + "\n")
    path.chmod(0o755)


def make_network():
    run("ip", "link", "set", "lo", "up")
    for address in ADDRESSES:
        run("ip", "address", "add", address + "/32", "dev", "lo")
    for name in INTERFACES:
        run("ip", "link", "add", name, "type", "veth", "peer", "name", "peer-" + name)
        run("ip", "link", "set", name, "up")
        run("ip", "link", "set", "peer-" + name, "up")
    run("ip", "route", "add", OTHER_ADDRESS, "dev", "eth0")
    run("ip", "neighbour", "add", OTHER_ADDRESS, "lladdr", "02:00:00:00:00:01", "dev", "eth0", "nud", "permanent")
    with open("/etc/hosts", "a") as hosts:
        hosts.write(f"127.0.0.1 localhost {' '.join(HOSTS)}\n{OTHER_ADDRESS} {' '.join(OTHER_HOSTS)}\n")


class OpenObserve(http.server.BaseHTTPRequestHandler):
    """Answers as OpenObserve does, and keeps nothing."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer({"data": [{"identifier": "default", "name": "default"}], "dashboards": [], "list": []})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if "/_json" in self.path or "/_multi" in self.path:
            count = body.count(b'"type"')
            self.answer({"code": 200, "status": [{"name": "netflow1", "successful": count, "failed": 0}]})
        elif "_bulk" in self.path:
            ids = re.findall(rb'"_id":"([^"]*)"', body)
            self.answer({"errors": False, "items": [{"index": {"_id": i.decode(), "status": 200}} for i in ids]})
        else:
            self.answer({"code": 200, "message": "saved"})

    do_PUT = do_DELETE = do_POST

    def answer(self, value):
        text = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def start_server(port):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), OpenObserve)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def datagrams_of_generate():
    """Messages of NetFlow v9, of now: templates come first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        receiver.bind(("127.0.0.1", 0))
        url = f"udp://127.0.0.1:{receiver.getsockname()[1]}"
        run("weir", "generate", "--to", url, "--protocol", "9", "--flows", "1000", "--rate", "0")
        receiver.setblocking(False)
        messages = []
        while True:
            try:
                messages.append(receiver.recv(65536))
            except BlockingIOError:
                return messages


def write_capture(path, messages):
    """A pcap file of raw IPv4 packets from 192.0.2.1 to UDP port 2055."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for message in messages:
            udp = struct.pack(">HHHH", 40000, 2055, 8 + len(message), 0) + message
            addresses = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.10")
            packet = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + addresses + udp
            now = struct.unpack_from(">I", message, 8)[0]
            file.write(struct.pack("<IIII", now, 0, len(packet), len(packet)) + packet)


def make_files():
    """What the documents' commands read, in the working directory and where they look for it."""
    Path("/etc/weir").mkdir()
    Path("/var/lib/weir").mkdir()
    Path("/run/weir").mkdir()
    Path("/root/.config/fish/completions").mkdir(parents=True)
    Path("/etc/weir/password").write_text("Complexpass#123\n")
    Path("/etc/weir/openobserve.header").write_text("Authorization: Basic cm9vdDp4\n")
    messages = datagrams_of_generate()
    Path("template.dat").write_bytes(messages[0])
    Path("data.dat").write_bytes(messages[1])
    for name in ("capture.pcap", "capture.pcapng"):
        write_capture(name, messages)
    with open("flows.json", "w") as flows:
        subprocess.run(["weir", "decode", "capture.pcap"], stdout=flows, stderr=subprocess.DEVNULL, check=True)
    Path("flows.json.gz").write_bytes(gzip.compress(Path("flows.json").read_bytes()))
    heading = "ts,te,td,sa,da,sp,dp,pr,flg,ipkt,ibyt"
    row = "2026-01-02 15:00:00,2026-01-02 15:00:01,1.000,10.0.0.1,10.0.0.2,1024,80,TCP,...AP.SF,3,180"
    Path("nfcapd.csv").write_text(f"{heading}\n{row}\n")
    Path("networks.csv").write_text("prefix,name,site\n10.0.0.0/8,Head office,Berlin\n")
    Path("weir.toml").write_text('[collect]\nhttp = "127.0.0.1:8080"\n')
    for store in ("/var/lib/weir/store", "/srv/flows"):
        run("weir", "db", "import", "-d", store, "flows.json")


def build(weir, samples):
    """Makes all of it. `samples` is the directory of the databases that make_samples wrote."""
    databases = {path.name: path.read_bytes() for path in Path(samples).glob("*.mmdb")}
    enter_root(weir)
    make_network()
    start_server(5080)
    for name, content in databases.items():
        Path(name).write_bytes(content)
    make_files()
