// Numbers and times as people read them. Pure functions; counters may be numbers or BigInts.

const kSiPrefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const kIecPrefixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

// Three digits that count: "1.23 G", "12.3 M", "123 k"; whole numbers below the first prefix stay whole.
function withPrefix(value, base, prefixes) {
  let number = Number(value);
  let step = 0;
  const digits = (n) => (n < 9.995 ? 2 : n < 99.95 ? 1 : 0);
  while (step + 1 < prefixes.length && Math.abs(number) >= base - (step ? 0.5 : 0)) {
    number /= base;
    ++step;
  }
  const whole = step === 0 && Number.isInteger(number);
  return [whole ? String(number) : number.toFixed(digits(Math.abs(number))), prefixes[step]];
}

// units: "iec" (KiB = 1024) or "si" (kB = 1000).
export function formatBytes(bytes, units = 'iec') {
  const [number, prefix] =
    units === 'si' ? withPrefix(bytes, 1000, kSiPrefixes) : withPrefix(bytes, 1024, kIecPrefixes);
  return `${number} ${prefix}B`;
}

export function formatCount(count) {
  const [number, prefix] = withPrefix(count, 1000, kSiPrefixes);
  return prefix ? `${number} ${prefix}` : number;
}

export function formatRate(perSecond, unit = 'bit/s') {
  const [number, prefix] = withPrefix(perSecond, 1000, kSiPrefixes);
  return `${number} ${prefix}${unit}`;
}

// Every digit: 1,234,567.
export function exact(number) {
  return String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

export function formatPercent(part, whole) {
  if (!Number(whole)) return '–';
  const percent = (100 * Number(part)) / Number(whole);
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent.toFixed(percent < 99.95 ? 1 : 0)} %`;
}

const kDurations = [
  [86400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
];

// The two largest parts: "3 d 4 h", "12 min", "8 s".
export function formatDuration(seconds) {
  let rest = Math.max(0, Math.round(seconds));
  const parts = [];
  for (const [size, unit] of kDurations) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) parts.push(`${count} ${unit}`);
    else if (parts.length) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 s';
}

const two = (n) => String(n).padStart(2, '0');

// Local time, as the plot's axis: "2026-01-02 15:04:05".
export function formatTime(unixSeconds, {seconds = true} = {}) {
  const t = new Date(unixSeconds * 1000);
  return (
    `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${two(t.getHours())}:${two(t.getMinutes())}` +
    (seconds ? `:${two(t.getSeconds())}` : '')
  );
}

// "UTC+1", "UTC-3:30" at that time.
export function zoneName(unixSeconds) {
  const minutes = -new Date(unixSeconds * 1000).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '-' : '+'}${Math.floor(size / 60)}${size % 60 ? ':' + two(size % 60) : ''}`;
}

export function parseTime(rfc3339) {
  return Date.parse(rfc3339) / 1000;
}

// The API counts places in bytes of UTF-8, text fields in UTF-16 units.
export function indexOfByte(text, byte) {
  let bytes = 0;
  let index = 0;
  for (const character of text) {
    if (bytes >= byte) break;
    const code = character.codePointAt(0);
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    index += character.length;
  }
  return index;
}
