"""A browser under test: chromedriver's WebDriver protocol over plain HTTP, with nothing but the standard library."""

import json
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
PATIENCE_S = 20


def find_browser():
    """(chromedriver, chromium), or None for what is missing."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return shutil.which("chromedriver"), browser


class Browser:
    def __init__(self, driver, browser, profile):
        self.process = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for line in self.process.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                self.base = f"http://127.0.0.1:{found[1]}"
                break
        else:
            raise RuntimeError("chromedriver did not start")
        arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            f"--user-data-dir={profile}",
            "--window-size=1440,1000",
            "--lang=en",
        ]
        self.session = ""
        answer = self.call(
            "POST",
            "/session",
            {
                "capabilities": {
                    "alwaysMatch": {
                        "goog:chromeOptions": {"binary": browser, "args": arguments},
                        "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
                    }
                }
            },
        )
        self.session = f"/session/{answer['sessionId']}"

    def close(self):
        try:
            if self.session:
                self.call("DELETE", self.session)
        finally:
            self.process.terminate()
            self.process.wait()

    def call(self, method, path, body=None):
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(
            self.base + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise RuntimeError(f"{path}: {value['error']}: {value['message'].splitlines()[0]}") from None

    def go(self, url):
        self.call("POST", f"{self.session}/url", {"url": url})

    def back(self):
        self.call("POST", f"{self.session}/back")

    def run(self, script, *arguments):
        """The value of a function's body."""
        return self.call("POST", f"{self.session}/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, body, *arguments):
        """The value of an async function's body; what it throws is raised here."""
        answer = self.call(
            "POST",
            f"{self.session}/execute/async",
            {
                "args": list(arguments),
                "script": """
            const done = arguments[arguments.length - 1];
            (async (...args) => {"""
                + body
                + """})(...arguments).then((value) => done({value}), (error) => done({error: String(error.stack || error)}));""",
            },
        )
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer.get("value")

    def wait(self, what, script, *arguments):
        """Until the script's value is true; it is answered. Then `what` is what was waited for in vain."""
        end = time.monotonic() + PATIENCE_S
        while True:
            value = self.run(script, *arguments)
            if value:
                return value
            if time.monotonic() > end:
                raise AssertionError(
                    f"in vain: {what}; the page shows:\n{self.run('return document.body.innerText')[:2000]}"
                )
            time.sleep(0.05)

    def element(self, selector):
        self.wait(f"there is {selector}", "return document.querySelector(arguments[0]) !== null", selector)
        return self.call("POST", f"{self.session}/element", {"using": "css selector", "value": selector})[ELEMENT]

    def click(self, selector):
        # What is drawn anew meanwhile is looked for again.
        for attempt in range(20):
            try:
                return self.call("POST", f"{self.session}/element/{self.element(selector)}/click")
            except RuntimeError as error:
                if attempt == 19 or not re.search("stale|intercepted|not interactable|not attached", str(error)):
                    raise
                time.sleep(0.1)

    def type(self, selector, text, clear=True):
        element = self.element(selector)
        if clear:
            self.call("POST", f"{self.session}/element/{element}/clear")
        self.call("POST", f"{self.session}/element/{element}/value", {"text": text})

    def devtools(self, command, **parameters):
        return self.call("POST", f"{self.session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def log(self, kind):
        return self.call("POST", f"{self.session}/se/log", {"type": kind})

    def requests(self):
        """The addresses asked for since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self.log("performance")]
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
