#include "app/top/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <span>

#include "app/top/rows.h"

namespace weir {
namespace {

constexpr unsigned kRateWidth = 7, kServiceWidth = 10, kRoomyServiceWidth = 17, kRoomy = 140, kLeastAddress = 15;
constexpr std::size_t kMostProtocols = 4, kShareSeconds = 60;
constexpr std::string_view kColumnNames[] = {"2s", "10s", "40s", "TOTAL"};

// Text with styles in it, whose width on the screen is known. Text is ASCII, but for sparklines.
class Line {
 public:
  explicit Line(const TopCanvas& canvas) : canvas_(canvas) {}

  Line& add(std::string_view text, std::string_view style = {}) {
    text = text.substr(0, canvas_.width - width_);
    if (text.empty()) return *this;
    if (canvas_.colour && !style.empty()) {
      text_ += fmt::format("\x1b[{}m{}\x1b[m", style, text);
    } else {
      text_ += text;
    }
    width_ += static_cast<unsigned>(text.size());
    return *this;
  }
  Line& add_glyph(std::string_view glyph) {
    if (width_ >= canvas_.width) return *this;
    text_ += glyph;
    ++width_;
    return *this;
  }
  Line& right(std::string_view text, std::string_view style = {}) {
    if (width_ + text.size() < canvas_.width) add(std::string(canvas_.width - width_ - text.size(), ' '));
    return add(text, style);
  }
  unsigned room() const { return canvas_.width - width_; }
  std::string take() { return std::move(text_); }

 private:
  const TopCanvas& canvas_;
  std::string text_;
  unsigned width_ = 0;
};

constexpr std::string_view kBold = "1", kDim = "2", kGreen = "32", kHeading = "7", kBar = "48;5;24;97";

std::string_view unit_name(TopUnit unit) {
  return unit == TopUnit::kBits ? "bits/s" : unit == TopUnit::kBytes ? "bytes/s" : "packets/s";
}

// Cut in the middle, where addresses and names differ least.
std::string fitted(const std::string& text, std::size_t width) {
  if (text.size() <= width) return text + std::string(width - text.size(), ' ');
  if (width < 4) return text.substr(0, width);
  const std::size_t tail = (width - 1) / 2;
  return text.substr(0, width - 1 - tail) + "~" + text.substr(text.size() - tail);
}

// Which columns there is room for, and how wide the rest may be.
struct Layout {
  std::vector<TopColumn> columns;
  unsigned service = 0, from = 0, to = 0;

  Layout(const TopChoices& choices, unsigned width) {
    const bool two = choices.by == "flows";
    const unsigned least = choices.by == "ports" ? 6 : (kLeastAddress + 1) * (two ? 2 : 1);
    columns = {TopColumn::k2s, TopColumn::k10s, TopColumn::k40s, TopColumn::kTotal};
    const bool roomy = choices.by == "ports" || width >= kRoomy;
    service = choices.by == "hosts" ? 0 : (roomy ? kRoomyServiceWidth : kServiceWidth) + 1;
    const auto fits = [&] { return least + service + kRateWidth * columns.size() <= width; };
    for (const TopColumn column : {TopColumn::kTotal, TopColumn::k40s, TopColumn::k2s, TopColumn::k10s}) {
      if (fits() || columns.size() == 1) break;
      if (column != choices.sort) std::erase(columns, column);
    }
    if (!fits()) service = 0;
    const unsigned taken = service + kRateWidth * static_cast<unsigned>(columns.size());
    const unsigned rest = width > taken ? width - taken : 0;
    to = two ? rest / 2 : 0;
    from = rest - to;
  }
};

void add_cell(std::string& text, const std::string& value, unsigned width) {
  if (width > 0) text += fitted(value, width - 1) + " ";
}

std::string row_text(const TopTextRow& row, const Layout& layout) {
  std::string text;
  add_cell(text, row.from, layout.from);
  add_cell(text, row.to, layout.to);
  add_cell(text, row.service, layout.service);
  for (const TopColumn column : layout.columns) {
    text += fmt::format("{:>{}}", short_count(value_of(row, column)), kRateWidth);
  }
  return text;
}

std::string heading(const TopChoices& choices, const Layout& layout) {
  std::string text;
  add_cell(text, choices.by == "flows" ? "SOURCE" : choices.by == "hosts" ? "HOST" : "PORT", layout.from);
  add_cell(text, "DESTINATION", layout.to);
  add_cell(text, "SERVICE", layout.service);
  for (const TopColumn column : layout.columns) {
    const std::string name(kColumnNames[static_cast<std::size_t>(column)]);
    text += fmt::format("{:>{}}", column == choices.sort ? ">" + name : name, kRateWidth);
  }
  return text;
}

// With its share of everything as a bar behind the text.
std::string row_line(const TopTextRow& row, const Layout& layout, std::uint64_t all, const TopChoices& choices,
                     const TopCanvas& canvas) {
  std::string text = row_text(row, layout);
  text.resize(canvas.width, ' ');
  const TopColumn column = choices.sort == TopColumn::kTotal ? TopColumn::k10s : choices.sort;
  const double share = all == 0 ? 0 : static_cast<double>(value_of(row, column)) / static_cast<double>(all);
  const auto bar = static_cast<std::size_t>(std::min(share, 1.0) * canvas.width);
  return Line(canvas).add(std::string_view(text).substr(0, bar), kBar).add(std::string_view(text).substr(bar)).take();
}

struct Protocol {
  const LiveSeries* series;
  std::uint64_t recent;  // of the last minute
};

const std::vector<std::uint64_t>& values_of(const LiveSeries& series, TopUnit unit) {
  return unit == TopUnit::kPackets ? series.packets : series.bits;
}

std::vector<Protocol> busiest(const LiveAnswer& live, TopUnit unit) {
  std::vector<Protocol> all;
  for (const LiveSeries& series : live.protocols) {
    const auto& values = values_of(series, unit);
    const auto from = values.end() - static_cast<std::ptrdiff_t>(std::min(values.size(), kShareSeconds));
    const std::uint64_t recent = std::accumulate(from, values.end(), std::uint64_t{0});
    if (recent != 0) all.push_back({&series, recent});
  }
  std::ranges::stable_sort(all, std::greater(), &Protocol::recent);
  return all;
}

void add_sparkline(Line& line, std::span<const std::uint64_t> values, std::uint64_t most, const TopCanvas& canvas) {
  static constexpr std::string_view kBlocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  static constexpr std::string_view kAscii[] = {" ", ".", ".", ":", ":", "-", "=", "+", "#"};
  for (const std::uint64_t value : values) {
    std::size_t level = 0;
    if (value != 0 && value <= most)
      level = 1 + static_cast<std::size_t>(7.0 * static_cast<double>(value) / static_cast<double>(most));
    line.add_glyph((canvas.utf8 ? kBlocks : kAscii)[level]);
  }
}

// Each protocol with its rate, its share of the last minute, and the last seconds as a line of blocks.
void draw_protocols(std::vector<std::string>& lines, const LiveAnswer& live, TopUnit unit, std::size_t most_lines,
                    const TopCanvas& canvas) {
  const std::vector<Protocol> protocols = busiest(live, unit);
  const std::uint64_t all = std::accumulate(protocols.begin(), protocols.end(), std::uint64_t{0},
                                            [](std::uint64_t sum, const Protocol& one) { return sum + one.recent; });
  std::uint64_t most = 0;
  for (const Protocol& one : protocols) most = std::max(most, std::ranges::max(values_of(*one.series, unit)));
  for (std::size_t i = 0; i < std::min(protocols.size(), most_lines); ++i) {
    const std::span<const std::uint64_t> values = values_of(*protocols[i].series, unit);
    const std::uint64_t rate = values.back() / (unit == TopUnit::kBytes ? 8 : 1);
    const double share = 100.0 * static_cast<double>(protocols[i].recent) / static_cast<double>(all);
    Line line(canvas);
    line.add(fmt::format("{:<9}{:>6} {:>3.0f}% ", protocols[i].series->name, short_count(rate), share));
    const std::size_t shown = std::min<std::size_t>(values.size(), line.room());
    line.add(std::string(line.room() - shown, ' '));
    add_sparkline(line, values.last(shown), most, canvas);
    lines.push_back(line.take());
  }
}

std::string title(const TopPicture& picture, const TopChoices& choices, const TopCanvas& canvas) {
  const std::array<std::uint64_t, 3> total = in_unit(picture.top.total, choices.unit);
  Line line(canvas);
  line.add("weir top ", kBold).add(fmt::format("{}, {}", picture.daemon, choices.by));
  if (choices.paused) line.add(" PAUSED", kHeading);
  std::string rates = fmt::format("  {}  2s {}  10s {}  40s {}", unit_name(choices.unit), short_count(total[0]),
                                  short_count(total[1]), short_count(total[2]));
  if (rates.size() > line.room()) rates = fmt::format("  10s {}", short_count(total[1]));
  return line.right(rates, kGreen).take();
}

std::string footer(const TopPicture& picture, const TopChoices& choices, const TopCanvas& canvas) {
  Line line(canvas);
  if (choices.is_typing)
    return line.add("Filter: " + choices.filter + "_").right("a text, an address or a block; Enter when done").take();
  if (!choices.filter.empty()) line.add(" filter: " + choices.filter + " ", kHeading).add(" Esc ends it  ");
  if (picture.top.dropped != 0) line.add(fmt::format("{} small ones left out  ", picture.top.dropped));
  if (!picture.note.empty()) return line.add(picture.note).take();
  return line.add("f flows h hosts p ports  b bytes k packets  s sort / filter r names  ? help", kDim).take();
}

constexpr std::string_view kHelp[] = {
    "f h p    the busiest flows, hosts or ports (a port is the service's)",
    "b        bytes or bits per second",
    "k        packets per second, or bits",
    "s        sort by the next column; > marks it",
    "/        show only rows with a text, or of an address or block (10.0.0.0/8)",
    "r        names in place of addresses",
    "space    pause",
    "q        quit",
    "",
    "2s, 10s, 40s are rates over these last seconds; TOTAL is bytes since first seen.",
    "A bar behind a row is its share of all traffic. Any key goes back.",
};

void draw_rows(std::vector<std::string>& lines, const TopPicture& picture, const TopChoices& choices, std::size_t room,
               const TopCanvas& canvas) {
  const Layout layout(choices, canvas.width);
  std::string names = heading(choices, layout);
  names.resize(canvas.width, ' ');
  lines.push_back(Line(canvas).add(names, kHeading).take());
  const std::vector<TopTextRow> rows = top_rows(picture, choices);
  const TopColumn column = choices.sort == TopColumn::kTotal ? TopColumn::k10s : choices.sort;
  const std::uint64_t all = in_unit(picture.top.total, choices.unit)[static_cast<std::size_t>(column)];
  if (choices.most_rows != 0) room = std::min(room, choices.most_rows);
  for (std::size_t i = 0; i < std::min(rows.size(), room); ++i) {
    lines.push_back(row_line(rows[i], layout, all, choices, canvas));
  }
  if (rows.empty() && room > 0) {
    lines.push_back(Line(canvas)
                        .add(picture.top.rows.empty() ? "  no traffic yet; rates show after two seconds"
                                                      : "  no row has what the filter asks for")
                        .take());
  }
}

}  // namespace

std::string short_count(std::uint64_t n) {
  static constexpr char kUnits[] = {'k', 'M', 'G', 'T', 'P', 'E'};
  if (n < 1000) return std::to_string(n);
  double value = static_cast<double>(n) / 1000;
  std::size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.{}f}{}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, kUnits[unit]);
}

std::vector<std::string> draw_top(const TopPicture& picture, const TopChoices& choices, const TopCanvas& canvas) {
  std::vector<std::string> lines{title(picture, choices, canvas)};
  if (choices.help) {
    lines.emplace_back();
    for (const std::string_view text : kHelp) lines.push_back(Line(canvas).add(text).take());
    lines.resize(canvas.height);
    return lines;
  }
  const std::size_t protocols = canvas.height >= 16 ? kMostProtocols : canvas.height >= 10 ? 1 : 0;
  draw_protocols(lines, picture.live, choices.unit, protocols, canvas);
  const std::size_t taken = lines.size() + 2;  // heading and footer
  draw_rows(lines, picture, choices, canvas.height > taken ? canvas.height - taken : 0, canvas);
  lines.resize(canvas.height > 0 ? canvas.height - 1 : 0);
  lines.push_back(footer(picture, choices, canvas));
  lines.resize(canvas.height);
  return lines;
}

std::string print_top(const TopPicture& picture, const TopChoices& choices, std::size_t rows) {
  TopCanvas canvas;
  canvas.width = choices.by == "flows" ? 120 : 80;
  std::vector<std::string> lines{title(picture, choices, canvas)};
  draw_rows(lines, picture, choices, rows, canvas);
  std::string text;
  for (std::string& line : lines) text += line.erase(line.find_last_not_of(' ') + 1) + "\n";
  if (picture.top.dropped != 0) text += fmt::format("{} small ones left out\n", picture.top.dropped);
  return text;
}

}  // namespace weir
