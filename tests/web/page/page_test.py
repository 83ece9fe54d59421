#!/usr/bin/env python3
"""The web page in headless Chromium: a real collector and a real store behind it, weir query as the witness.

page_test.py WEIR       path of the binary; exits 77 where Chromium or chromedriver is missing
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import traceback

from known_store import EVIL
from shown_page import ShownPage, equal
from webdriver import Browser, find_browser
from weir_server import collect, serve

HERE = pathlib.Path(__file__).parent
SKIPPED = 77
TOKEN = "a-token-for-this-test"


class PageTest(ShownPage):
    def test_pure_functions(self, server):
        self.open(server)
        checks = self.browser.run_async((HERE / "pure_functions.js").read_text() + "return pureFunctions();")
        assert checks > 90, checks

    def test_figures_are_those_of_weir_query(self, server):
        self.open(server, range="-6h")
        shown = self.check_figures()
        equal(
            shown["cards"]["talkers"][0]["clause"], "sip = " + shown["cards"]["talkers"][0]["name"], "a talker's clause"
        )
        assert any("443/TCP HTTPS" in row["name"] for row in shown["cards"]["services"]), shown["cards"]["services"]
        assert any("Network 64501" in row["name"] for row in shown["cards"]["systems"]), shown["cards"]["systems"]
        assert self.browser.run("return document.querySelectorAll('.plot-canvas canvas').length") > 0, "no plot"
        assert "TCP" in self.browser.run("return document.querySelector('.legend').innerText")

    def test_clicks_drill_down(self, server):
        self.open(server, range="-6h")
        self.shown()
        self.browser.click("#card-services button[data-clause='dport = 443 & proto = tcp']")
        self.wait_condition("dport = 443 & proto = tcp")
        self.check_figures("dport = 443 & proto = tcp")
        self.browser.click("#card-countries button[data-clause='dst_country = US']")
        self.wait_condition("dport = 443 & proto = tcp & dst_country = US")
        self.check_figures("dport = 443 & proto = tcp & dst_country = US")
        chips = self.browser.run("return [...document.querySelectorAll('.chip .mono')].map((chip) => chip.textContent)")
        equal(chips, ["dport = 443", "proto = tcp", "dst_country = US"], "chips")

        self.browser.click(".chip:first-child button")
        self.wait_condition("proto = tcp & dst_country = US")
        self.check_figures("proto = tcp & dst_country = US")
        self.browser.back()
        self.wait_condition("dport = 443 & proto = tcp & dst_country = US")
        self.check_figures("dport = 443 & proto = tcp & dst_country = US")

    def test_map(self, server):
        self.open(server, range="-6h")
        self.shown()
        shades = self.browser.run(
            "return [...document.querySelectorAll('.map [data-shade]')].map((place) => place.dataset.country).sort()"
        )
        equal(shades, ["DE", "SG", "US"], "countries on the map, the small one as a point")
        self.browser.run("document.querySelector('.map [data-country=SG]').dispatchEvent(new MouseEvent('click'))")
        self.wait_condition("dst_country = SG")
        self.check_figures("dst_country = SG")

    def test_plot_zooms(self, server):
        self.open(server, range="-6h")
        self.shown()
        box = self.browser.run(
            "const b = document.querySelector('.plot-canvas canvas').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]"
        )
        left, top, width, height = box
        move = lambda x: {"type": "pointerMove", "x": int(left + x * width), "y": int(top + height / 2), "duration": 20}
        self.browser.call(
            "POST",
            f"{self.browser.session}/actions",
            {
                "actions": [
                    {
                        "type": "pointer",
                        "id": "mouse",
                        "actions": [
                            move(0.6),
                            {"type": "pointerDown", "button": 0},
                            move(0.75),
                            move(0.9),
                            {"type": "pointerUp", "button": 0},
                        ],
                    }
                ]
            },
        )
        self.browser.wait("the window is what was dragged over", "return /first=\\d+&last=\\d+/.test(location.hash)")
        first, last = map(int, re.search(r"first=(\d+)&last=(\d+)", self.browser.run("return location.hash")).groups())
        assert 2 * 3600 * 0.7 < last - first < 2 * 3600 * 1.3, (first, last)

    def test_query_view(self, server):
        self.open(server, "query", range="-6h", columns="sip,dip", n=1000, direction="sum", biflow=1, run=1)
        rows = self.wait_rows()
        equal(rows, len(self.ask_all("sip,dip")), "rows")
        self.browser.click(".result thead th:first-child button")
        equal(
            self.browser.run("return document.querySelector('.result tbody td').innerText"),
            "10.0.0.1",
            "sorted by address",
        )
        equal(
            self.browser.run("return document.querySelector('.command code').textContent"),
            "weir query -f -6h -n 1000 --sum --biflow --sampling scaled sip,dip",
            "the command line",
        )

        self.browser.type("#query-condition", "proto = tcp and dport = 44x")
        self.browser.click("form.query button.primary")
        self.browser.wait("the error", "return document.querySelector('.problem mark')")
        equal(
            self.browser.run(
                "const mark = document.querySelector('.problem mark'); return mark.previousSibling.textContent + '|' + mark.textContent"
            ),
            "proto = tcp and dport = |4",
            "the place of the error",
        )
        equal(
            self.browser.run(
                "return document.querySelector('.problem').previousElementSibling ?? document.querySelector('.problem').parentElement"
                ".previousElementSibling.innerText.split('\\n')[0]"
            ),
            "Condition",
            "under its field",
        )

    def test_completion_by_keyboard(self, server):
        self.open(server, range="-6h")
        self.shown()
        self.browser.type("#condition", "dst_count")
        self.browser.wait(
            "suggestions", "return document.querySelector('#condition').getAttribute('aria-expanded') === 'true'"
        )
        self.browser.type("#condition", "\ue015\ue007", clear=False)  # arrow down, enter
        value = self.browser.run("return document.querySelector('#condition').value")
        assert value.startswith("dst_country"), value

    def test_themes_and_phone(self, server):
        ground = "return getComputedStyle(document.body).backgroundColor"
        grounds = {}
        for theme in ("light", "dark"):
            self.browser.devtools(
                "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": theme}]
            )
            self.open(server, range="-6h")
            self.shown()
            grounds[theme] = self.browser.run(ground)
        assert grounds["light"] != grounds["dark"], grounds
        self.browser.click("#tools [data-value=light]")
        equal(self.browser.run(ground), grounds["light"], "light by the switch")
        self.browser.click("#tools [data-value=auto]")
        self.browser.devtools("Emulation.setEmulatedMedia", features=[])

        self.browser.devtools(
            "Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=True
        )
        for view, state in (
            ("overview", {"range": "-6h"}),
            ("query", {"range": "-6h", "columns": "raw", "run": 1}),
            ("exporters", {}),
            ("ledger", {}),
        ):
            self.open(server, view, **state)
            if view == "overview":
                self.shown()
            self.browser.wait(
                "content", "return document.querySelector('main .card') && !document.body.innerText.includes('Loading')"
            )
            equal(
                self.browser.run("return [innerWidth, document.documentElement.scrollWidth]"),
                [360, 360],
                f"width of {view}",
            )
        self.browser.devtools("Emulation.clearDeviceMetricsOverride")

    def test_names_stay_text(self, server):
        self.open(server, "exporters")
        self.browser.wait(
            "the interface", "return document.querySelector('#main').innerText.includes(arguments[0])", EVIL
        )
        self.browser.click("button[title*='onerror']")
        condition = f"iface = '{EVIL}' & hostid = 192.0.2.1"
        self.wait_condition(condition)
        self.browser.run("location.hash = '#query?range=-6h&columns=iface,sip&run=1'")
        self.browser.wait(
            "the name in the answer", "return document.querySelector('.result')?.innerText.includes(arguments[0])", EVIL
        )
        equal(
            self.browser.run("return [window.evil ?? null, document.querySelectorAll('main img').length]"),
            [None, 0],
            "no markup from a name",
        )

    def test_empty_store_then_live_and_ledger(self, _):
        server = self.start(collect, self.weir, self.directory, "--to", f"store:{self.directory / 'empty'}")
        self.open(server)
        self.browser.wait("the store is empty", "return document.body.innerText.includes('The store is empty')")
        self.open(server, "exporters")
        self.browser.wait(
            "no exporters", "return document.body.innerText.includes('No exporter has sent anything yet')"
        )
        subprocess.run(
            [self.weir, "generate", "--to", server.listener, "--flows", "3000", "--rate", "1500"],
            check=True,
            capture_output=True,
        )
        self.open(server)
        self.browser.wait(
            "live traffic", "return /TCP\\s+[\\d.]+ [kM]?bit\\/s/.test(document.querySelector('.legend').innerText)"
        )
        self.open(server, "exporters")
        self.browser.wait(
            "the exporter is well",
            "return [...document.querySelectorAll('.badge')].some((b) => b.textContent === 'OK')",
        )
        self.open(server, "ledger")
        self.browser.wait(
            "3,000 flows in the ledger",
            "return [...document.querySelectorAll('tr')].some("
            "(row) => row.innerText.startsWith('Flows') && row.innerText.includes('3,000'))",
        )
        assert "Every flow is accounted for" in self.browser.run("return document.body.innerText")

    def test_no_store(self, _):
        server = self.start(collect, self.weir, self.directory, "--to", f"file:{self.directory / 'flows.json'}")
        for view in ("overview", "query"):
            self.open(server, view, run=1)
            self.browser.wait(
                f"no store in {view}", "return document.querySelector('#main').innerText.includes('--to store:DIR')"
            )

    def test_no_collector(self, _):
        server = self.start(serve, self.weir, self.store)
        self.open(server)
        self.browser.wait("the last hour instead", "return location.hash.includes('range=-1h')")
        self.open(server, range="-6h")
        self.check_figures()
        self.open(server, "exporters")
        self.browser.wait(
            "exporters of the store", "return document.querySelector('#main').innerText.includes('edge1')"
        )
        self.open(server, "ledger")
        self.browser.wait("no ledger", "return document.body.innerText.includes('No collector runs here')")

    def test_token(self, _):
        server = self.start(serve, self.weir, self.store, WEIR_HTTP_TOKEN=TOKEN)
        self.open(server, range="-6h")
        self.browser.type("#token", TOKEN + "x\ue007")
        self.browser.wait("it is refused", "return document.querySelector('#login')?.innerText.includes('not right')")
        self.browser.type("#token", TOKEN + "\ue007")
        self.check_figures()
        self.open(server, range="-6h")
        self.shown()
        kept = self.browser.run(
            "return [Object.values(sessionStorage).includes(arguments[0]), Object.values(localStorage).includes(arguments[0])]",
            TOKEN,
        )
        equal(kept, [True, False], "where the token is kept")

    def test_server_goes(self, _):
        server = self.start(collect, self.weir, self.directory, "--to", f"store:{self.directory / 'other'}")
        self.open(server)
        self.browser.wait("the page", "return document.body.innerText.includes('The store is empty')")
        server.close()
        self.browser.wait(
            "the banner", "return document.querySelector('#banner').innerText.includes('does not answer')"
        )
        self.browser.go("about:blank")
        self.browser.log("browser")  # Chromium tells of each request that found no server


def check_cleanliness(browser, servers):
    """No complaint in the console, nothing asked of anyone but weir."""
    complaints = [entry["message"] for entry in browser.log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    # Chromium tells of every answer that is an error; these were brought about.
    complaints = {
        text for text in complaints if not re.search("the server responded with a status of (400|401|404)", text)
    }
    equal(complaints, set(), "the console")
    ours = (*(server.url for server in servers), "about:", "blob:", "data:", "chrome")
    equal({asked for asked in browser.requests() if not asked.startswith(ours)}, set(), "requests to elsewhere")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    weir = sys.argv[1]
    driver, chromium = find_browser()
    if not driver or not chromium:
        print("skipped: chromium and chromedriver are not here (script/bootstrap --dev installs them)")
        sys.exit(SKIPPED)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-page-"))
    failed = 0
    browser = Browser(driver, chromium, directory / "profile")
    try:
        test = PageTest(weir, browser, directory)
        server = collect(weir, directory, "--to", f"store:{test.store}")
        try:
            for name in [name for name in dir(PageTest) if name.startswith("test_")]:
                try:
                    getattr(test, name)(server)
                    check_cleanliness(browser, [server, *test.servers])
                    print(f"ok      {name}", flush=True)
                except Exception:
                    failed += 1
                    print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
                test.end()
                browser.go("about:blank")
                browser.log("browser"), browser.requests()  # what was left is not the next one's
        finally:
            server.close()
    finally:
        browser.close()
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
