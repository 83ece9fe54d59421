// Points in time as users write them.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "query/request.h"
#include "query/units.h"
#include "query/words.h"

namespace weir {
namespace {

constexpr std::string_view kForms =
    "times are written -1d, -15d:04h:05m, now, 2026-01-02 15:04, 2026-01-02T15:04:05+01:00, 02.01.2026 15:04:05 -0700, "
    "or in seconds since 1970";

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What the words of a time make up, filled in as they are recognised.
struct Moment {
  int year = -1, month = -1, day = -1;  // month 1 to 12
  int hour = 0, minute = 0, second = 0;
  std::uint64_t nanosecond = 0;
  std::optional<int> zone_minutes;  // east of UTC; none: local time
};

// A small number of one to `most` digits, taken off the front.
std::optional<int> take_number(std::string_view& text, std::size_t most) {
  std::size_t digits = 0;
  while (digits < text.size() && digits < most && is_digit(text[digits])) ++digits;
  if (digits == 0) return std::nullopt;
  int value = 0;
  std::from_chars(text.data(), text.data() + digits, value);
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// 0 to 11 and 0 to 6 by the English names; longer names count by their first three letters.
std::optional<int> index_of(std::string_view word, std::string_view names) {
  if (word.size() < 3) return std::nullopt;
  const std::size_t at = names.find(lower(word.substr(0, 3)));
  if (at == std::string_view::npos || at % 3 != 0) return std::nullopt;
  return static_cast<int>(at / 3);
}

bool read_weekday(std::string_view word) {
  if (word.ends_with(',')) word.remove_suffix(1);
  return word.size() == 3 && index_of(word, "sunmontuewedthufrisat").has_value();
}

bool read_month(std::string_view word, Moment& moment) {
  const auto index = word.size() == 3 ? index_of(word, "janfebmaraprmayjunjulaugsepoctnovdec") : std::nullopt;
  if (index) moment.month = *index + 1;
  return index.has_value();
}

// Years of two digits are 1969 to 2068.
int full_year(int year, std::size_t digits) { return digits > 2 ? year : year >= 69 ? 1900 + year : 2000 + year; }

bool read_year(std::string_view word, Moment& moment) {
  const std::size_t digits = word.size();
  const auto year = digits == 2 || digits == 4 ? take_number(word, 4) : std::nullopt;
  if (!year || !word.empty()) return false;
  moment.year = full_year(*year, digits);
  return true;
}

bool read_day(std::string_view word, Moment& moment) {
  const auto day = take_number(word, 2);
  if (!day || !word.empty()) return false;
  moment.day = *day;
  return true;
}

int days_in(int month, int year) {
  constexpr std::array kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

bool valid_date(const Moment& m) {
  return m.year >= 1970 && m.year < 2554 && m.month >= 1 && m.month <= 12 && m.day >= 1 &&
         m.day <= days_in(m.month, m.year);
}

int year_of(std::uint64_t ns) {
  const auto seconds = static_cast<std::time_t>(ns / kNsPerSecond);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return utc.tm_year + 1900;
}

// Of three numbers of two digits the first is the year where that lies in the last ten years or the next; else the year
// is the one that is nearer.
bool year_stands_first(const Moment& first, const Moment& last, std::uint64_t now_ns) {
  if (!valid_date(first) || !valid_date(last)) return valid_date(first);
  const int now = year_of(now_ns);
  return (first.year >= now - 10 && first.year <= now + 1) || std::abs(first.year - now) <= std::abs(last.year - now);
}

// 2026-01-02, 26-01-02, 02-01-2026, 02-01-26, 02.01.2026, 2.1.26.
bool read_date(std::string_view word, std::uint64_t now_ns, Moment& moment) {
  std::array<int, 3> numbers{};
  std::array<std::size_t, 3> digits{};
  const char separator = word.find('-') != std::string_view::npos ? '-' : '.';
  for (std::size_t i = 0; i < 3; ++i) {
    if (i != 0 && !take(word, separator)) return false;
    const std::size_t before = word.size();
    const auto number = take_number(word, 4);
    if (!number) return false;
    numbers[i] = *number;
    digits[i] = before - word.size();
  }
  const bool long_first = digits[0] == 4 && separator == '-';
  const bool long_last = digits[2] == 4;
  if (!word.empty() || digits[1] > 2 || (digits[0] > 2 && !long_first) || (digits[2] > 2 && !long_last)) return false;
  if (long_first && long_last) return false;

  Moment first, last;
  first.year = full_year(numbers[0], digits[0]);
  last.year = full_year(numbers[2], digits[2]);
  first.month = last.month = numbers[1];
  first.day = numbers[2];
  last.day = numbers[0];
  const bool year_first = separator == '-' && !long_last && (long_first || year_stands_first(first, last, now_ns));
  moment = year_first ? first : last;
  return true;
}

// Z, UTC, GMT, +0100, -07:00.
bool read_zone(std::string_view word, Moment& moment) {
  const std::string name = lower(word);
  if (name == "z" || name == "utc" || name == "gmt") {
    moment.zone_minutes = 0;
    return true;
  }
  if (word.size() < 5 || (word.front() != '+' && word.front() != '-')) return false;
  const int sign = word.front() == '-' ? -1 : 1;
  word.remove_prefix(1);
  const auto hours = take_number(word, 2);
  take(word, ':');
  const auto minutes = take_number(word, 2);
  if (!hours || !minutes || !word.empty() || *hours > 23 || *minutes > 59) return false;
  moment.zone_minutes = sign * (*hours * 60 + *minutes);
  return true;
}

// 15:04, 15:04:05, 15:04:05.25, each with a zone behind it or without.
bool read_clock(std::string_view word, Moment& moment) {
  const auto hour = take_number(word, 2);
  if (!hour || !take(word, ':')) return false;
  const auto minute = take_number(word, 2);
  if (!minute) return false;
  std::optional<int> second = 0;
  if (take(word, ':')) second = take_number(word, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return false;
  moment.hour = *hour;
  moment.minute = *minute;
  moment.second = *second;
  if (take(word, '.')) {
    std::uint64_t unit = kNsPerSecond;
    if (word.empty() || !is_digit(word.front())) return false;
    for (; !word.empty() && is_digit(word.front()); word.remove_prefix(1)) {
      unit /= 10;
      moment.nanosecond += static_cast<std::uint64_t>(word.front() - '0') * unit;
    }
  }
  return word.empty() || read_zone(word, moment);
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  while (!(text = trimmed(text)).empty()) {
    words.push_back(text.substr(0, text.find_first_of(" \t\r\n")));
    text.remove_prefix(words.back().size());
  }
  return words;
}

// The clock at the front of `words` and a zone behind it, both taken off.
bool take_clock(std::vector<std::string_view>& words, Moment& moment) {
  if (words.empty() || !read_clock(words.front(), moment)) return false;
  words.erase(words.begin());
  if (!words.empty() && !moment.zone_minutes && read_zone(words.front(), moment)) words.erase(words.begin());
  return true;
}

// "2026-01-02", "2026-01-02 15:04 +0100", "2026-01-02T15:04:05Z".
bool read_numeric(std::vector<std::string_view> words, std::uint64_t now_ns, Moment& moment) {
  const std::size_t t = words.front().find_first_of("Tt");
  if (t != std::string_view::npos) {
    const std::string_view word = words.front();
    words.front() = word.substr(0, t);
    words.insert(words.begin() + 1, word.substr(t + 1));
  }
  if (!read_date(words.front(), now_ns, moment)) return false;
  words.erase(words.begin());
  return words.empty() || (take_clock(words, moment) && words.empty());
}

// "Mon Jan  2 15:04:05 2026", "Mon Jan 02 15:04:05 -0700 2026", "02 Jan 26 15:04 -0700", "Fri, 02 Jan 2026 15:04:05".
bool read_named(std::vector<std::string_view> words, Moment& moment) {
  if (read_weekday(words.front())) words.erase(words.begin());
  if (words.size() < 4) return false;
  if (read_month(words[0], moment)) {
    if (!read_day(words[1], moment)) return false;
    words.erase(words.begin(), words.begin() + 2);
    return take_clock(words, moment) && words.size() == 1 && read_year(words.front(), moment);
  }
  if (!read_day(words[0], moment) || !read_month(words[1], moment) || !read_year(words[2], moment)) return false;
  words.erase(words.begin(), words.begin() + 3);
  return take_clock(words, moment) && words.empty();
}

std::optional<std::uint64_t> to_ns(const Moment& moment) {
  if (!valid_date(moment)) return std::nullopt;
  std::tm fields{};
  fields.tm_year = moment.year - 1900;
  fields.tm_mon = moment.month - 1;
  fields.tm_mday = moment.day;
  fields.tm_hour = moment.hour;
  fields.tm_min = moment.minute;
  fields.tm_sec = moment.second;
  fields.tm_isdst = -1;
  std::int64_t seconds = moment.zone_minutes ? ::timegm(&fields) : std::mktime(&fields);
  if (moment.zone_minutes) seconds -= std::int64_t{*moment.zone_minutes} * 60;
  if (seconds < 0) return std::nullopt;
  return static_cast<std::uint64_t>(seconds) * kNsPerSecond + moment.nanosecond;
}

// Seconds since the epoch; nanoseconds, as the flows' own times are written in JSON and CSV, from 16 digits on.
std::optional<std::uint64_t> read_epoch(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.size() >= 16 && error == std::errc{}) return value;
  if (error != std::errc{} || value > UINT64_MAX / kNsPerSecond) return std::nullopt;
  return value * kNsPerSecond;
}

}  // namespace

Result<std::uint64_t> parse_time(std::string_view text, std::uint64_t now_ns) {
  constexpr std::size_t kLongest = 100;
  const std::string_view form = trimmed(text);
  const auto wrong = [&](std::string_view why) {
    return fail(in_quotes(form) + " " + std::string(why) + "; " + std::string(kForms));
  };
  if (form.empty() || form.size() > kLongest) return wrong("is not a time");
  if (lower(form) == "now") return now_ns;
  if (form.starts_with('-')) {
    const auto back = parse_timespan(form.substr(1));
    if (!back) return wrong("is not a time before now");
    if (*back > now_ns) return wrong("lies before 1970");
    return now_ns - *back;
  }
  std::optional<std::uint64_t> ns;
  if (std::ranges::all_of(form, is_digit)) {
    ns = read_epoch(form);
  } else {
    const std::vector<std::string_view> words = split(form);
    Moment moment;
    if (!read_numeric(words, now_ns, moment) && !read_named(words, moment = {})) return wrong("is not a time");
    ns = to_ns(moment);
  }
  if (!ns) return wrong("is no day between 1970 and 2553");
  return *ns;
}

Result<std::uint64_t> parse_last_time(std::string_view text, std::uint64_t now_ns) {
  const auto ns = parse_time(text, now_ns);
  return ns && *ns % kNsPerSecond == 0 ? Result<std::uint64_t>(*ns + kNsPerSecond - 1) : ns;
}

Result<std::uint64_t> parse_time_resolution(std::string_view text) {
  constexpr std::uint64_t kStep = 300 * kNsPerSecond;
  const std::string_view form = trimmed(text);
  if (lower(form) == "auto") return kAutoResolution;
  const auto ns = parse_timespan(form);
  if (!ns || *ns == 0 || *ns % kStep != 0) {
    return fail(in_quotes(form) +
                " is not a time resolution: a multiple of five minutes such as 5m, 15m, 1h or 1d, or auto");
  }
  return *ns;
}

}  // namespace weir
