"""Runs commands of a document one after the other, as a person would who has a second terminal for what keeps running."""
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

COMMAND_SECONDS = 60
START_SECONDS = 30
# What a machine need not have; commands with these are passed over where they are missing.
OPTIONAL = {"jq", "rsync", "curl", "openssl", "nfdump", "tcpdump", "ethtool", "nc", "zsh", "fish"}
COMMAND = r"(?:^|[;&|]\s*)(?:sudo )?(?:\w+=\S+ )*(?:\./)?"  # where the name of a program stands
STAYS = re.compile(COMMAND + r"(weir (collect|serve|top|export|generate)|goflow2)(?=\s|$)", re.M)
ENDS = re.compile(r"--(pcap|flows|duration|help|version)\b|goflow2 (-h|-help|-v)\b")
NEEDS_COLLECTOR = re.compile(r"weir (status|top|doctor|generate)\b|(127\.0\.0\.1|localhost):8080")
NEEDS_STORE_ALONE = re.compile(r"weir db (compact|import|check --repair)")
STORE = re.compile(r"store:([^\s'\"?&]+)")
READY = ("writing flows to", "forwarding datagrams to", "serving")
DEFAULT_COLLECTOR = "weir collect --to store:/var/lib/weir/store"
DEFAULT_EXPORTER = "weir export -i eth0 --to udp://192.0.2.10:2055"

# Variables and the working directory last from one command to the next.
WRAPPER = """
trap : TERM INT
statement=$STATEMENT
unset STATEMENT
[ -e /tmp/terminal.env ] && . /tmp/terminal.env
eval "$statement"
code=$?
trap - TERM INT
{ export -p; printf 'cd %q\\n' "$PWD"; } >/tmp/terminal.env
exit $code
"""


def statements(lines):
    """Whole commands of the shell, and how many lines into the block each one begins."""
    pending, begin = [], 0
    for number, line in enumerate(lines):
        if not pending:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            begin = number
        pending.append(line)
        text = "\n".join(pending)
        checked = subprocess.run(["bash", "-n"], input=text + "\n", text=True, capture_output=True)
        if checked.returncode == 0 and not line.endswith("\\") and "here-document" not in checked.stderr:
            yield begin, text
            pending = []
    if pending:
        raise ValueError(f"not a command of the shell: {pending[0]}")


def commands_of_help(text):
    """The examples below `Examples:`, without what stands beside them."""
    section = re.search(r"^Examples?:\n((?:  .*\n?)+)", text, re.M)
    lines = section[1].splitlines() if section else []
    joined = re.sub(r"\\\n\s*", "", "\n".join(line[2:] for line in lines))
    return [re.split(r"\s{2,}", line)[0] for line in joined.splitlines()]


def missing(text):
    """What a command needs that is not there."""
    words = set(re.findall(r"[\w-]+", text))
    if "nobody" in words and Path("/proc/self/uid_map").read_text().split()[2] == "1":
        return "a second user"
    return next((name for name in sorted(words & OPTIONAL) if shutil.which(name) is None), None)


class Daemon:
    def __init__(self, text):
        self.text = text
        self.log = Path(f"/tmp/daemon-{time.monotonic_ns()}.log")
        self.role = STAYS.search(text)[2] or "collect"
        self.stores = set(STORE.findall(text))
        with open(self.log, "w") as log:
            self.process = start(text, log)
        deadline = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline and not self.ready():
            time.sleep(0.02)

    def ready(self):
        if self.role in ("generate", "top"):  # these do not say so
            return any(map(heeds_sigterm, processes_of(self.process.pid)))
        return any(word in self.log.read_text(errors="replace") for word in READY)

    def stop(self):
        """Its exit code after SIGTERM."""
        for pid in processes_of(self.process.pid):
            os.kill(pid, signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            return None


def start(text, output):
    return subprocess.Popen(["bash", "-c", WRAPPER], env={**os.environ, "STATEMENT": text}, stdin=subprocess.DEVNULL,
                            stdout=output, stderr=subprocess.STDOUT, start_new_session=True)


def processes_of(session):
    """The processes of weir in a session."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                name, fields = (entry / "stat").read_text().rsplit(")", 1)
                if name.endswith(("(weir", "(goquery", "(goflow2")) and int(fields.split()[3]) == session:
                    yield int(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                pass


def heeds_sigterm(pid):
    try:
        masks = re.findall(r"Sig(?:Blk|Cgt):\s+(\w+)", Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return False
    return any(int(mask, 16) >> (signal.SIGTERM - 1) & 1 for mask in masks)


class Terminal:
    def __init__(self):
        self.daemons = []
        self.wrong = []
        self.place = ""
        self.count = 0

    def complain(self, text, what, output=""):
        self.wrong.append(f"{self.place}: {what}\n    {text}\n" + "".join(f"      {o}\n" for o in output.splitlines()[-12:]))

    def run(self, place, text, expected=0):
        """False where something is missing here. `expected` None: anything but bad usage (2) or a crash."""
        self.place = place
        if missing(text):
            print(f"{place}: passed over, {missing(text)} is missing: {text}")
            return False
        self.count += 1
        self.prepare(text)
        if STAYS.search(text) and not ENDS.search(text):
            self.start(text)
        else:
            self.foreground(text, expected)
        return True

    def prepare(self, text):
        if NEEDS_STORE_ALONE.search(text):
            self.stop([d for d in self.daemons if d.stores])
        if NEEDS_COLLECTOR.search(text) and not any(d.role == "collect" for d in self.daemons):
            self.start(DEFAULT_COLLECTOR)
        if "status exporter" in text and not any(d.role == "export" for d in self.daemons):
            self.start(DEFAULT_EXPORTER)

    def start(self, text):
        role, stores = STAYS.search(text)[2] or "collect", set(STORE.findall(text))
        self.stop([d for d in self.daemons if d.role == role or d.stores & stores])
        daemon = Daemon(text)
        if daemon.process.poll() is not None:
            self.complain(text, f"ended at once with exit code {daemon.process.returncode}", daemon.log.read_text())
            return
        if not daemon.ready():
            self.complain(text, "did not start", daemon.log.read_text())
        self.daemons.append(daemon)
        if daemon.role in ("generate", "top"):
            time.sleep(0.2)
            self.stop([daemon])

    def stop(self, daemons):
        for daemon in list(daemons):
            code = daemon.stop()
            if code != 0:
                self.complain(daemon.text, f"exit code {code} after SIGTERM", daemon.log.read_text())
            self.daemons.remove(daemon)

    def foreground(self, text, expected):
        with open("/tmp/output", "w+") as output:
            process = start(text, output)
            try:
                code = process.wait(COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                code = None
            output.seek(0)
            said = output.read()
        if code is None:
            self.complain(text, f"did not end within {COMMAND_SECONDS} s", said)
        elif expected is None and (code in (2, 126, 127) or code >= 128):
            self.complain(text, f"exit code {code}", said)
        elif expected is not None and code != expected:
            self.complain(text, f"exit code {code}, not {expected}", said)

    def close(self):
        self.place = "at the end"
        self.stop(self.daemons)
