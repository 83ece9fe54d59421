#!/usr/bin/env python3
"""check_sql.py RECORDS DEPLOY VOLUME

Runs the SQL of every panel and alert in DEPLOY, and of OpenObserve's own NetFlow dashboards, over RECORDS, weir's own
JSON lines, with SQLite, and compares every figure with one worked out from the records here. VOLUME is the
sampling-scaled sum of all bytes, as whoever made the flows knows it.

What OpenObserve has and SQLite lacks is registered: histogram(), GREATEST(), LEAST(), date_part() and now() (a fixed
time), and approx_distinct(), exactly. $interval is replaced as a dashboard does.
"""
import collections
import json
import math
import pathlib
import re
import sqlite3
import sys

NOW = 1_800_003_600  # seconds; the records lie in the hour before
INTERVAL = 60
MICRO = 1_000_000


class Distinct:
    def __init__(self):
        self.seen = set()

    def step(self, value):
        if value is not None:
            self.seen.add(value)

    def finalize(self):
        return len(self.seen)


def histogram(timestamp, interval="60 second"):
    seconds = int(re.fullmatch(r"(\d+) second", interval).group(1))
    return timestamp // (seconds * MICRO) * seconds * MICRO


def database(records):
    db = sqlite3.connect(":memory:")
    db.create_function("histogram", -1, histogram, deterministic=True)
    db.create_function("GREATEST", -1, max, deterministic=True)
    db.create_function("LEAST", -1, min, deterministic=True)
    db.create_function("now", 0, lambda: NOW)
    db.create_function("date_part", 2, lambda part, time: float(time) if part == "epoch" else None)
    db.create_aggregate("approx_distinct", 1, Distinct)
    columns = sorted({name for record in records for name in record})
    db.execute('CREATE TABLE "netflow1" (' + ", ".join(columns) + ")")
    plain = [[v if not isinstance(v, list) else json.dumps(v) for v in map(r.get, columns)] for r in records]
    db.executemany('INSERT INTO "netflow1" VALUES (' + ",".join("?" * len(columns)) + ")", plain)
    return db


# What a panel's figures must be, from a group of records.
def rate(r):
    return max(r["sampling_rate"], 1)


def volume(rs):
    return sum(r["bytes"] * rate(r) for r in rs)


def packets(rs):
    return sum(r["packets"] * rate(r) for r in rs)


def distinct(name):
    return lambda rs: len({r[name] for r in rs})


def span(rs):
    numbers = [r["sequence_num"] for r in rs]
    return max(numbers) - min(numbers)


def delays(rs):
    return [(r["time_received_ns"] - r["time_flow_end_ns"]) / 1e6 for r in rs]


def mean_delay(rs):
    return sum(delays(rs)) / len(rs)


def bits(rs):
    return volume(rs) * 8 / INTERVAL


SUMS = [volume, packets, len]
APPLICATIONS = {22: "ssh", 25: "smtp", 53: "dns", 80: "http", 123: "ntp", 389: "ldap", 443: "https", 445: "smb",
                993: "imaps", 1194: "openvpn", 1433: "mssql", 3306: "mysql", 3389: "rdp", 5432: "postgresql",
                8080: "http-alt", 51820: "wireguard"}


def service(r):
    return min(r["src_port"], r["dst_port"])


def application(r):
    return APPLICATIONS.get(service(r), "other")


def field(*names):
    return lambda r: tuple(r.get(name) for name in names)


def there(*names):
    return lambda r: all(r.get(name) is not None for name in names)


def positive(*names):
    return lambda r: all(r[name] > 0 for name in names)


def ported(r):
    return r["proto"] in ("TCP", "UDP", "SCTP")


def anyhow(_):
    return True


def over_time(by=None):
    def key(r):
        bucket = histogram(r["_timestamp"], f"{INTERVAL} second")
        return (bucket, by(r)) if by else (bucket,)

    return key


def known(name):
    return lambda r: r.get(name) if r.get(name) is not None else "unknown"


def interface(name):
    return lambda r: f"{r['sampler_address']} {r[name]}"


SAMPLER = field("sampler_address")
BY_SESSION = field("sampler_address", "type", "observation_domain_id")
WORDS = {"dst": "destination", "src": "source"}

# By file and title: what makes a group, which records count, and the figures in the order of the columns.
PANELS = {
    ("activity", "Volume"): (lambda r: (), anyhow, [volume]),
    ("activity", "Packets"): (lambda r: (), anyhow, [packets]),
    ("activity", "Flow records"): (lambda r: (), anyhow, [len]),
    ("activity", "Exporters"): (lambda r: (), anyhow, [distinct("sampler_address")]),
    ("activity", "Bits per second, by protocol"): (over_time(lambda r: r["proto"]), anyhow, [bits]),
    ("activity", "Packets per second, by protocol"):
        (over_time(lambda r: r["proto"]), anyhow, [lambda rs: packets(rs) / INTERVAL]),
    ("activity", "Flow records per second, by exporter"):
        (over_time(lambda r: r["sampler_address"]), anyhow, [lambda rs: len(rs) / INTERVAL]),
    ("activity", "Protocols"): (field("proto"), anyhow, SUMS),
    ("activity", "IP versions"): (field("etype"), anyhow, SUMS),
    ("talkers", "Top sources"): (field("src_addr"), anyhow, SUMS),
    ("talkers", "Top destinations"): (field("dst_addr"), anyhow, SUMS),
    ("talkers", "Top pairs"): (field("src_addr", "dst_addr"), anyhow, SUMS),
    ("talkers", "Sources with the most destinations"): (field("src_addr"), anyhow, [distinct("dst_addr"), volume, len]),
    ("talkers", "Destinations with the most sources"): (field("dst_addr"), anyhow, [distinct("src_addr"), volume, len]),
    ("applications", "Bits per second, by application"): (over_time(application), ported, [bits]),
    ("applications", "Applications"): (lambda r: (application(r),), ported, SUMS),
    ("applications", "Service ports"): (lambda r: (r["proto"], service(r)), ported, SUMS),
    ("applications", "Destination ports"): (field("proto", "dst_port"), ported, SUMS),
    ("applications", "Types of service"): (field("ip_tos"), anyhow, SUMS),
    ("autonomous_systems", "From AS to AS"): (field("src_as", "dst_as"), positive("src_as", "dst_as"), SUMS),
    ("autonomous_systems", "Bits per second, by destination organization"):
        (over_time(known("dst_asn_autonomous_system_organization")), anyhow, [bits]),
    ("exporters", "Bits per second, by exporter"): (over_time(lambda r: r["sampler_address"]), anyhow, [bits]),
    ("exporters", "Exporters"):
        (BY_SESSION, anyhow, SUMS + [lambda rs: min(map(rate, rs)), lambda rs: max(map(rate, rs))]),
    ("ledger", "NetFlow v9: datagrams not seen"): (
        BY_SESSION, lambda r: r["type"] == "NETFLOW_V9",
        [lambda rs: span(rs) + 1, distinct("sequence_num"), lambda rs: span(rs) + 1 - distinct("sequence_num")(rs),
         lambda rs: (span(rs) + 1 - distinct("sequence_num")(rs)) * 100 / (span(rs) + 1)]),
    ("ledger", "NetFlow v5 and IPFIX: records not seen"): (
        BY_SESSION, lambda r: r["type"] in ("NETFLOW_V5", "IPFIX"),
        [span, len, lambda rs: max(span(rs) - len(rs), 0), lambda rs: max(span(rs) - len(rs), 0) * 100 / max(span(rs), 1)]),
    ("ledger", "Delay: from a flow's end to its receipt, mean"):
        (over_time(lambda r: r["sampler_address"]), positive("time_flow_end_ns"), [mean_delay]),
    ("ledger", "Delay: from a flow's end to its receipt, longest"):
        (over_time(lambda r: r["sampler_address"]), positive("time_flow_end_ns"), [lambda rs: max(delays(rs))]),
    ("ledger", "Delay by exporter"): (
        SAMPLER, positive("time_flow_end_ns"),
        [mean_delay, lambda rs: min(delays(rs)), lambda rs: max(delays(rs)), len]),
    ("ledger", "Last heard of"):
        (SAMPLER, anyhow, [lambda rs: (NOW * MICRO - max(r["_timestamp"] for r in rs)) // MICRO, len]),
}
for side, word in WORDS.items():
    number, organization = f"{side}_asn_autonomous_system_number", f"{side}_asn_autonomous_system_organization"
    country, city = f"{side}_geo_country_name", f"{side}_geo_city_name"
    places = (f"{side}_geo_latitude", f"{side}_geo_longitude")
    PANELS |= {
        ("autonomous_systems", f"{word.capitalize()} AS"): (field(f"{side}_as"), positive(f"{side}_as"), SUMS),
        ("autonomous_systems", f"Bits per second, by {word} AS"):
            (over_time(lambda r, name=f"{side}_as": r[name]), anyhow, [bits]),
        ("autonomous_systems", f"{word.capitalize()} AS, with names"): (field(number, organization), there(number), SUMS),
        ("countries", f"Bits per second, by {word} country"): (over_time(known(country)), anyhow, [bits]),
        ("countries", f"{word.capitalize()}s on the map"): (field(*places), there(*places), [volume]),
        ("countries", f"{word.capitalize()} countries"): (field(country), there(country), SUMS),
        ("countries", f"{word.capitalize()} cities"): (field(country, city), there(city), SUMS),
    }
for way in ("in", "out"):
    PANELS |= {
        ("exporters", f"Bits per second {way}, by interface"): (over_time(interface(f"{way}_if")), anyhow, [bits]),
        ("exporters", f"Interfaces, {way}"): (field("sampler_address", f"{way}_if"), anyhow, SUMS),
        ("exporters", f"Interfaces, {way}, with names"):
            (field("sampler_address", f"{way}_if_name"), there(f"{way}_if_name"), SUMS),
    }

# What the alerts must find in the records that the test makes, and nothing else.
ALERTS = {
    "traffic_spike": [("192.0.2.1", 110 * 400_000 * 100 * 8 / 300, 90 * 1000 * 100 * 8 / 3300)],
    "exporter_silent": [("192.0.2.3", 900)],
    "loss_seen": [("192.0.2.1", "NETFLOW_V9", 256, 120, 110)],
    "port_scan": [("203.0.113.66", "10.0.0.5", 150)],
    "many_hosts": [("203.0.113.77", "TCP", 22, 1100)],
}

# OpenObserve's own NetFlow dashboards, as far as they matter: the fields that make a group, a figure, a condition.
PREBUILT = [
    (["histogram(_timestamp)", "proto"], over_time(lambda r: r["proto"]), "sum(bytes)", None),
    (["src_addr", "dst_addr"], None, "count(packets)", None),
    (["src_addr", "dst_addr"], None, "sum(bytes)", None),
    (["src_addr"], None, "count(bytes)", None),
    (["dst_addr"], None, "count(bytes)", None),
    (["src_addr"], None, "sum(bytes)", None),
    (["dst_addr"], None, "sum(bytes)", None),
    (["proto"], None, "count(packets)", None),
    (["src_geo_latitude", "src_geo_longitude"], None, "sum(packets)/1024", "dst_geo_country_name"),
    (["dst_geo_latitude", "dst_geo_longitude"], None, "sum(packets)/1024", "dst_geo_country_name"),
    (["dst_geo_country_name", "dst_geo_city_name"], None, "sum(packets)", "dst_geo_country_name"),
    (["src_geo_country_name", "src_geo_city_name"], None, "sum(packets)", "src_geo_country_name"),
]
PREBUILT_FIGURES = {
    "sum(bytes)": lambda rs: sum(r["bytes"] for r in rs),
    "sum(packets)": lambda rs: sum(r["packets"] for r in rs),
    "sum(packets)/1024": lambda rs: sum(r["packets"] for r in rs) // 1024,
    "count(bytes)": len,
    "count(packets)": len,
}

problems = []


def problem(where, what):
    problems.append(f"{where}: {what}")


def same(a, b):
    if isinstance(a, float) or isinstance(b, float):
        return a is not None and b is not None and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-6)
    return a == b


def expected_groups(records, key, where, figures):
    groups = collections.defaultdict(list)
    for record in records:
        if where(record):
            groups[key(record)].append(record)
    return {group: [figure(rs) for figure in figures] for group, rs in groups.items()}


def check_order(name, kind, sql, columns, rows, keys):
    """Charts over time go forward; all else starts with the most of some figure."""
    if kind == "metric":
        return
    over_time = columns[0] == "x_axis_1"
    column, direction = re.search(r"ORDER BY (\w+) (ASC|DESC)", sql).groups()
    if direction != ("ASC" if over_time else "DESC"):
        problem(name, "is ordered the wrong way round")
    if (columns.index(column) < keys) != over_time:
        problem(name, f"must not be ordered by {column}")
    values = [row[columns.index(column)] for row in rows]
    if values != sorted(values, reverse=direction == "DESC"):
        problem(name, f"not ordered by {column}")


def check_rows(name, columns, rows, keys, want, limit, sql):
    if len(rows) != min(limit, len(want)):
        problem(name, f"{len(rows)} rows instead of {min(limit, len(want))}")
    for row in rows:
        group, figures = tuple(row[:keys]), row[keys:]
        if group not in want:
            problem(name, f"no such group: {row}")
        elif not all(same(a, b) for a, b in zip(figures, want[group], strict=True)):
            problem(name, f"{row} instead of {want[group]}")
    order = re.search(r"ORDER BY (\w+) DESC", sql)
    if order and rows and len(want) > limit:  # the right ones were left out
        column = columns.index(order.group(1)) - keys
        best = sorted((figures[column] for figures in want.values()), reverse=True)[:limit]
        if not all(same(a, b) for a, b in zip((row[keys + column] for row in rows), best)):
            problem(name, "not those with most")


def check_panel(db, records, file, panel):
    name = f"{file}: {panel['title']}"
    if (file, panel["title"]) not in PANELS:
        return problem(name, "is not tested")
    key, where, figures = PANELS.pop((file, panel["title"]))
    query = panel["queries"][0]
    sql = query["query"].replace("$interval", str(INTERVAL))
    limit = re.search(r" LIMIT (\d+)$", sql)
    if not limit:
        return problem(name, "has no limit")
    cursor = db.execute(sql)
    columns, rows = [c[0] for c in cursor.description], cursor.fetchall()
    fields = query["fields"]
    lists = fields["x"] + fields["breakdown"] + fields["y"]
    single = [fields[f] for f in ("latitude", "longitude", "weight") if f in fields]
    if sorted(columns) != sorted(a["alias"] for a in lists + single):
        problem(name, f"its axes are not its columns {columns}")
    want = expected_groups(records, key, where, figures)
    if not want:
        problem(name, "the records have nothing for it")
    keys = len(columns) - len(figures)
    check_rows(name, columns, rows, keys, want, int(limit.group(1)), sql)
    check_order(name, panel["type"], sql, columns, rows, keys)


def check_prebuilt(db, records):
    for keys, key, figure, condition in PREBUILT:
        names = [f"x_axis_{i}" for i in range(len(keys))]
        columns = ", ".join(f'{k} as "{n}"' for k, n in zip(keys, names))
        where = f"WHERE {condition} IS NOT NULL " if condition else ""
        sql = f'SELECT {columns}, {figure} as "y_axis_1" FROM "netflow1" {where}GROUP BY {", ".join(names)}'
        want = expected_groups(records, key or field(*keys), there(condition) if condition else anyhow,
                               [PREBUILT_FIGURES[figure]])
        rows = db.execute(sql).fetchall()
        if len(rows) != len(want) or any(want.get(tuple(row[:-1])) != [row[-1]] for row in rows):
            problem(f"OpenObserve's own: {sql}", "gives other figures")


def require(name, value, kinds):
    for member, kind in kinds.items():
        if not isinstance(value.get(member), kind):
            problem(name, f"'{member}' must be {kind}")


def check_form(file, dashboard):
    """What OpenObserve's reader of version 8 insists on."""
    require(file, dashboard, {"version": int, "title": str, "description": str, "tabs": list, "variables": dict})
    if dashboard["version"] != 8:
        problem(file, "is not of version 8")
    ids = set()
    for tab in dashboard["tabs"]:
        require(file, tab, {"tabId": str, "name": str, "panels": list})
        taken = set()
        for panel in tab["panels"]:
            name = f"{file}: {panel['title']}"
            require(name, panel, {"id": str, "type": str, "title": str, "description": str, "config": dict,
                                  "queryType": str, "queries": list, "layout": dict})
            require(name, panel["config"], {"show_legends": bool})
            query = panel["queries"][0]
            require(name, query, {"query": str, "customQuery": bool, "fields": dict, "config": dict})
            require(name, query["config"], {"promql_legend": str})
            require(name, query["fields"], {"stream": str, "stream_type": str, "x": list, "y": list, "filter": dict})
            require(name, query["fields"]["filter"], {"filterType": str, "logicalOperator": str, "conditions": list})
            for axis in query["fields"]["x"] + query["fields"]["y"] + query["fields"]["breakdown"]:
                require(name, axis, {"label": str, "alias": str})
            ids.add(panel["id"])
            box = panel["layout"]
            cells = {(x, y) for x in range(box["x"], box["x"] + box["w"]) for y in range(box["y"], box["y"] + box["h"])}
            if cells & taken or box["x"] + box["w"] > 192:
                problem(name, "does not fit where it stands")
            taken |= cells
    if len(ids) != sum(len(tab["panels"]) for tab in dashboard["tabs"]):
        problem(file, "two panels have one id")


def check_alert(db, file, alert):
    require(file, alert, {"name": str, "stream_name": str, "query_condition": dict, "trigger_condition": dict,
                          "destinations": list, "row_template": str, "description": str, "enabled": bool})
    sql = alert["query_condition"]["sql"]
    period = alert["trigger_condition"]["period"] * 60
    window = f'(SELECT * FROM "netflow1" WHERE _timestamp >= {(NOW - period) * MICRO})'
    cursor = db.execute(sql.replace('"netflow1"', window))
    columns, rows = [c[0] for c in cursor.description], cursor.fetchall()
    for name in re.findall(r"{(\w+)}", alert["row_template"]):
        if name not in columns:
            problem(file, f"its rows have no {name}")
    want = ALERTS.pop(file, None)
    if want is None:
        return problem(file, "is not tested")
    right = len(rows) == len(want) and all(same(a, b) for r, w in zip(rows, want) for a, b in zip(r, w, strict=True))
    if not right:
        problem(file, f"finds {rows} instead of {want}")
    if not re.search(r"ORDER BY .* LIMIT \d+$", sql):
        problem(file, "has no order or no limit")


def main():
    records = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
    deploy = pathlib.Path(sys.argv[2])
    if volume(records) != int(sys.argv[3]):
        problem("records", f"hold {volume(records)} bytes instead of {sys.argv[3]}")
    db = database(records)
    for path in sorted(deploy.glob("dashboards/*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        check_form(path.stem, dashboard)
        for tab in dashboard["tabs"]:
            for panel in tab["panels"]:
                check_panel(db, records, path.stem, panel)
    for path in sorted(deploy.glob("alerts/*.json")):
        check_alert(db, path.stem, json.loads(path.read_text(encoding="utf-8")))
    check_prebuilt(db, records)
    for left in [*PANELS, *ALERTS]:
        problem(left, "is gone")
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


main()
