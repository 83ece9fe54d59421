"""What the page shows, and what weir query says to the same question."""

import json
import subprocess
import urllib.parse

from known_store import make_store


def equal(got, wanted, what):
    assert got == wanted, f"{what}: {got!r}, not {wanted!r}"


class ShownPage:
    def __init__(self, weir, browser, directory):
        self.weir = weir
        self.browser = browser
        self.directory = directory
        self.store = make_store(weir, directory)
        self.servers = []  # of one test

    def open(self, server, view="overview", **state):
        self.server = server
        self.browser.go("about:blank")
        self.browser.go(f"{server.url}/#{view}?{urllib.parse.urlencode(state)}")

    def shown(self):
        """Waits until all cards have their figures; (bytes, packets, rows of each card)."""
        self.browser.wait(
            "all cards are there",
            """
            const cards = [...document.querySelectorAll('.ranking')];
            return document.querySelector('[data-stat=bytes]') && cards.length > 0 &&
                cards.every((card) => card.getAttribute('aria-busy') === 'false' && card.querySelector('tbody tr, .notice'));""",
        )
        return self.browser.run("""
            const digits = (text) => Number(text.replaceAll(',', '').match(/^\\d+/)[0]);
            const stat = (key) => digits(document.querySelector(`[data-stat=${key}]`).title);
            const cards = Object.fromEntries([...document.querySelectorAll('.ranking')].map((card) => [card.id.replace('card-', ''),
                [...card.querySelectorAll('tbody tr')].map((row) => ({
                    name: row.querySelector('th').innerText.replace(/\\s+/g, ' ').trim(), clause: row.querySelector('button')?.dataset.clause ?? null,
                    bytes: digits(row.cells[1].title), packets: digits(row.cells[2].title)}))]));
            return {bytes: stat('bytes'), packets: stat('packets'), cards};""")

    def ask(self, columns, condition=""):
        """The witness, for all that the store has: its flows end half an hour ago, so that every window from -6h agrees."""
        arguments = [
            self.weir,
            "query",
            "-d",
            str(self.store),
            "-e",
            "json",
            "-f",
            "-6h",
            "--sum",
            "--biflow",
            "-n",
            "10",
            columns,
        ]
        if condition:
            arguments += ["-c", condition]
        return json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)

    def check_figures(self, condition=""):
        shown = self.shown()
        totals = self.ask("proto", condition)["summary"]["totals"]
        equal(shown["bytes"], totals["br"] + totals["bs"], f"bytes where {condition!r}")
        equal(shown["packets"], totals["pr"] + totals["ps"], f"packets where {condition!r}")
        for card, columns in {
            "talkers": "sip",
            "services": "dport,proto",
            "conversations": "sip,dip",
            "systems": "dst_as",
            "countries": "dst_country",
        }.items():
            rows = [
                [r["counters"]["br"] + r["counters"]["bs"], r["counters"]["pr"] + r["counters"]["ps"]]
                for r in self.ask(columns, condition)["rows"]
            ]
            equal(
                sorted([r["bytes"], r["packets"]] for r in shown["cards"][card]),
                sorted(rows),
                f"{card} where {condition!r}",
            )
        return shown

    def wait_condition(self, text):
        self.browser.wait(
            f"the condition is {text}", "return document.querySelector('#condition').value === arguments[0]", text
        )
        assert urllib.parse.quote_plus(text) in self.browser.run("return location.hash"), "the state is not in the URL"

    def wait_rows(self):
        return self.browser.wait(
            "there is an answer",
            "return document.querySelector('.downloads').hidden ? 0 : "
            "document.querySelectorAll('.result tbody tr').length",
        )

    def ask_all(self, columns):
        return json.loads(
            subprocess.run(
                [self.weir, "query", "-d", str(self.store), "-e", "json", "-f", "-6h", "--sum", "--biflow", columns],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )["rows"]

    def start(self, how, *arguments, **environment):
        server = how(*arguments, **environment)
        self.servers.append(server)
        return server

    def end(self):
        while self.servers:
            self.servers.pop().close()
