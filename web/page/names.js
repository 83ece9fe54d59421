// Names for numbers and codes, and what a click on a value adds to the condition. Pure functions.
import {comparison, join} from './condition.js';

const kProtocols = {
  0: 'HOPOPT',
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPv4',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6',
  46: 'RSVP',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  88: 'EIGRP',
  89: 'OSPF',
  103: 'PIM',
  112: 'VRRP',
  115: 'L2TP',
  132: 'SCTP',
  136: 'UDPLite',
};
const kConditionNames = {1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6'};

const kServices = {
  20: 'FTP data',
  21: 'FTP',
  22: 'SSH',
  23: 'Telnet',
  25: 'SMTP',
  53: 'DNS',
  67: 'DHCP',
  68: 'DHCP',
  69: 'TFTP',
  80: 'HTTP',
  88: 'Kerberos',
  110: 'POP3',
  123: 'NTP',
  135: 'RPC',
  137: 'NetBIOS',
  139: 'NetBIOS',
  143: 'IMAP',
  161: 'SNMP',
  162: 'SNMP traps',
  179: 'BGP',
  389: 'LDAP',
  443: 'HTTPS',
  445: 'SMB',
  465: 'SMTPS',
  500: 'IKE',
  514: 'Syslog',
  546: 'DHCPv6',
  547: 'DHCPv6',
  587: 'Submission',
  636: 'LDAPS',
  853: 'DNS over TLS',
  873: 'rsync',
  993: 'IMAPS',
  995: 'POP3S',
  1194: 'OpenVPN',
  1433: 'SQL Server',
  1701: 'L2TP',
  1812: 'RADIUS',
  1883: 'MQTT',
  2049: 'NFS',
  2055: 'NetFlow',
  3128: 'Proxy',
  3306: 'MySQL',
  3389: 'RDP',
  3478: 'STUN',
  4500: 'IPsec NAT',
  4739: 'IPFIX',
  5060: 'SIP',
  5061: 'SIPS',
  5222: 'XMPP',
  5353: 'mDNS',
  5432: 'PostgreSQL',
  5900: 'VNC',
  6343: 'sFlow',
  6379: 'Redis',
  8080: 'HTTP proxy',
  8443: 'HTTPS',
  9090: 'Prometheus',
  9200: 'Elasticsearch',
  27017: 'MongoDB',
  51820: 'WireGuard',
};
const kWithPorts = new Set([6, 17, 33, 132, 136]);

export const protocolName = (number) => kProtocols[number] ?? `protocol ${number}`;

// The colour of a protocol in style sheets: --proto-tcp; all without one of their own share --proto-other.
const kColoured = new Set(['tcp', 'udp', 'icmp', 'icmpv6', 'esp', 'gre', 'sctp', 'igmp']);
export function protocolColour(name) {
  const key = name.toLowerCase();
  return `--proto-${kColoured.has(key) ? key : 'other'}`;
}

export const hasPorts = (protocol) => kWithPorts.has(Number(protocol));

export function serviceName(port, protocol) {
  return hasPorts(protocol) ? (kServices[port] ?? '') : '';
}

let regions;
// "DE" → "Germany", in the browser's own words.
export function countryName(code) {
  if (!code) return 'Not known';
  try {
    regions ??= new Intl.DisplayNames(['en'], {type: 'region'});
    return regions.of(code) ?? code;
  } catch {
    return code; // no code at all, but what a database said
  }
}

const kFlagLetters = 'FSRPAUECN';
export function flagLetters(flags) {
  return [...kFlagLetters].filter((_, bit) => (flags >> bit) & 1).join('') || '0';
}

const kNoCondition = /^(time|time_flow_.*_ns|time_received_ns)$/;

// The clause that keeps the rows with this value in this column; null where there is none.
export function clauseFor(column, value) {
  if (kNoCondition.test(column) || value === null || typeof value === 'object' || value === undefined) return null;
  if (column === 'proto') return `proto = ${kConditionNames[value] ?? value}`;
  if (column === 'host') return comparison('hostname', value);
  if (column === 'duration') return `duration = ${value}ms`;
  return comparison(column, value);
}

// The same for several columns; null where one has none.
export function clauseForAll(pairs) {
  const parts = pairs.map(([column, value]) => clauseFor(column, value));
  return parts.includes(null) ? null : join(parts);
}
