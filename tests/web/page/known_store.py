"""A store of known flows, made with weir db import."""

import json
import subprocess
import time

EVIL = '<img src=x onerror="window.evil=1">'
NS = 1_000_000_000


def flow(
    end, src, dst, port, proto, count, *, source_port=40000, in_name="lan0", out_name="wan0", country="DE", number=64500
):
    return {
        "type": "IPFIX",
        "time_received_ns": end * NS,
        "sequence_num": 0,
        "sampling_rate": 0,
        "sampler_address": "192.0.2.1",
        "time_flow_start_ns": (end - 1) * NS,
        "time_flow_end_ns": end * NS,
        "bytes": 1001 * count,
        "packets": count,
        "src_addr": src,
        "dst_addr": dst,
        "etype": "IPv4",
        "proto": proto,
        "src_port": source_port,
        "dst_port": port,
        "in_if": 1,
        "out_if": 2,
        "src_as": 0,
        "dst_as": number,
        "observation_domain_id": 1,
        "flow_direction": 0,
        "host": "edge1",
        "in_if_name": in_name,
        "out_if_name": out_name,
        "dst_geo_country_name": "",
        "dst_geo_country_code": country,
        "dst_asn_autonomous_system_number": number,
        "dst_asn_autonomous_system_organization": f"Network {number}",
    }


def flows(now):
    """Forty minutes of them, ended half an hour ago at the latest."""
    made = []
    for i in range(120):
        end = now - 1800 - 20 * i
        web = i % 3
        made.append(
            flow(
                end,
                f"10.0.0.{1 + i % 4}",
                f"198.51.100.{1 + i % 5}",
                443 if web else 53,
                "TCP" if web else "UDP",
                1 + i,
                country=("DE", "US", "SG")[i % 3],
                number=64500 + i % 3,
            )
        )
    made.append(flow(now - 1900, "10.0.0.9", "203.0.113.9", 22, "TCP", 7, in_name=EVIL, country="", number=0))
    return made


def make_store(weir, directory):
    store = directory / "store"
    lines = "".join(json.dumps(one) + "\n" for one in flows(int(time.time())))
    subprocess.run([weir, "db", "import", "-d", store, "-"], input=lines, text=True, check=True, capture_output=True)
    return store
