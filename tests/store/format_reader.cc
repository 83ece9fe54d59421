#include "tests/store/format_reader.h"

#include <zstd.h>

#include <algorithm>
#include <stdexcept>

namespace weir::store_test {
namespace {

using u64 = std::uint64_t;

void require(bool good, const char* what) {
  if (!good) throw std::runtime_error(what);
}

std::uint32_t checksum(const std::string& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82f63b78U : crc >> 1;
  }
  return crc ^ 0xffffffff;
}

std::string unzip(const std::string& stored, u64 size) {
  std::string out(size, '\0');
  require(ZSTD_decompress(out.data(), size, stored.data(), stored.size()) == size, "zstd");
  return out;
}

u64 ten_to(unsigned e) {
  u64 power = 1;
  while (e-- > 0) power *= 10;
  return power;
}

class Input {
 public:
  explicit Input(std::string bytes) : bytes_(std::move(bytes)) {}

  u64 number(unsigned width) {
    u64 v = 0;
    const std::string b = take(width);
    for (unsigned i = width; i-- > 0;) v = v << 8 | static_cast<unsigned char>(b[i]);
    return v;
  }
  u64 varint() {
    u64 v = 0;
    for (unsigned shift = 0;; shift += 7) {
      const u64 b = number(1);
      require(shift < 63 || b <= 1, "varint");
      v |= (b & 127) << shift;
      if (b < 128) return v;
    }
  }
  u64 zigzag() {
    const u64 v = varint();
    return v % 2 == 0 ? v / 2 : ~(v / 2);
  }
  std::string take(u64 n) {
    require(n <= bytes_.size() - at_, "past the end");
    at_ += n;
    return bytes_.substr(at_ - n, n);
  }
  std::string text() { return take(varint()); }
  std::string rest() { return take(bytes_.size() - at_); }
  unsigned peek() const {
    require(at_ < bytes_.size(), "past the end");
    return static_cast<unsigned char>(bytes_[at_]);
  }
  void end() const { require(at_ == bytes_.size(), "left over"); }

  std::vector<u64> packed(u64 count, unsigned width) {
    require(width <= 64, "width");
    const std::string b = take((count * width + 7) / 8);
    std::vector<u64> values(count);
    for (u64 i = 0; i < count; ++i) {
      for (unsigned k = 0; k < width; ++k) {
        const u64 bit = i * width + k;
        values[i] |= u64{static_cast<unsigned char>(b[bit / 8]) >> bit % 8 & 1U} << k;
      }
    }
    return values;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

struct Place {
  u64 offset = 0, length = 0;
  std::uint32_t crc = 0;
};

struct Entry {
  std::string name;
  unsigned kind = 0;
  Place pages, directory, dictionary, table;
  std::vector<u64> values;
  std::vector<bool> present;
};

class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  FormatSegment run() {
    require(file_.size() >= 40 && file_.substr(0, 8) == "weirSEG1", "header");
    Input trailer(file_.substr(file_.size() - 32));
    const u64 offset = trailer.number(8), length = trailer.number(4), crc = trailer.number(4);
    require(trailer.number(4) == 1, "version");
    require(trailer.number(4) == checksum(file_.substr(file_.size() - 32, 20)), "trailer's checksum");
    require(trailer.rest() == "1GESriew", "end mark");
    require(offset + length + 32 == file_.size(), "footer's place");
    footer(checked({offset, length, static_cast<std::uint32_t>(crc)}), offset);
    read_addresses();
    for (std::size_t i = 0; i < entries_.size(); ++i) read_column(i);
    return std::move(segment_);
  }

 private:
  std::string checked(const Place& place) {
    const std::string bytes = file_.substr(place.offset, place.length);
    require(checksum(bytes) == place.crc, "checksum");
    return bytes;
  }

  static std::string address(Input& in) {
    const u64 family = in.number(1);
    require(family == 0 || family == 4 || family == 6, "family");
    return in.take(family == 0 ? 0 : family == 4 ? 4 : 16);
  }
  static void times(Input& in, u64& first, u64& last) {
    first = in.varint();
    last = first + in.varint();
  }
  static Place place(Input& in, u64& offset) {
    Place p;
    p.offset = offset;
    p.length = in.varint();
    p.crc = static_cast<std::uint32_t>(in.number(4));
    offset += p.length;
    return p;
  }
  static std::vector<FormatTotals> totals(Input& in, bool interfaces) {
    std::vector<FormatTotals> all(in.varint());
    for (FormatTotals& t : all) {
      t.address = address(in);
      t.host = in.text();
      if (interfaces) t.interface = in.text();
      for (int i = 0; i < (interfaces ? 5 : 3); ++i) t.numbers.push_back(in.varint());
      u64 first = 0, last = 0;
      times(in, first, last);
      t.numbers.insert(t.numbers.end(), {first, last});
      if (!interfaces) t.numbers.push_back(in.number(1));
    }
    return all;
  }

  void footer(const std::string& bytes, u64 end) {
    Input in(bytes);
    FormatSegment& s = segment_;
    s.id = in.varint();
    s.tier = in.number(1);
    s.rows = in.varint();
    times(in, s.first, s.last);
    for (u64* v : {&s.flows, &s.packets, &s.bytes, &s.journal_first, &s.journal_last}) *v = in.varint();
    s.interfaces = totals(in, true);
    s.exporters = totals(in, false);
    u64 offset = 8;
    entries_.resize(in.varint());
    for (Entry& e : entries_) {
      e.name = in.text();
      const u64 kind = in.number(1);
      e.kind = static_cast<unsigned>(kind & 15);
      e.pages = {offset, in.varint(), 0};
      offset += e.pages.length;
      e.directory = place(in, offset);
      if ((kind & 16) != 0) e.dictionary = place(in, offset);
      if ((kind & 32) != 0) e.table = place(in, offset);
    }
    addresses_ = place(in, offset);
    in.end();
    require(offset == end, "parts fill the file");
  }

  void read_addresses() {
    Input in(checked(addresses_));
    const u64 v4 = in.varint(), v6 = in.varint();
    u64 next = 0;
    for (u64 done = 0; done < v4; done += 64) {
      const auto width = static_cast<unsigned>(in.number(1));
      for (const u64 gap : in.packed(std::min<u64>(64, v4 - done), width)) {
        const u64 a = next + gap;
        next = a + 1;
        segment_.addresses.push_back(
            {static_cast<char>(a >> 24), static_cast<char>(a >> 16), static_cast<char>(a >> 8), static_cast<char>(a)});
      }
    }
    std::string last(16, '\0');
    for (u64 i = 0; i < v6; ++i) {
      const u64 shared = in.number(1);
      last = last.substr(0, shared) + in.take(16 - shared);
      segment_.addresses.push_back(last);
    }
    in.end();
  }

  static std::vector<std::string> read_dictionary(const std::string& bytes) {
    Input in(bytes);
    std::vector<std::string> all(in.varint());
    const u64 size = in.varint();
    std::string last;
    u64 sum = 0;
    for (std::string& entry : all) {
      const u64 shared = in.varint();
      entry = last.substr(0, shared) + in.text();
      last = entry;
      sum += entry.size();
    }
    in.end();
    require(sum == size && std::ranges::is_sorted(all), "dictionary");
    return all;
  }

  // Exceptions' rows from how many to skip before each.
  static std::vector<u64> rows_of(const std::vector<u64>& skips) {
    std::vector<u64> rows;
    u64 next = 0;
    for (const u64 skip : skips) {
      rows.push_back(next + skip);
      next += skip + 1;
    }
    return rows;
  }

  std::vector<u64> stream(Input& in, u64 count, unsigned depth = 0) {
    require(depth <= 4, "streams too deep");
    const u64 encoding = in.number(1);
    ++segment_.forms[static_cast<unsigned>(encoding)];
    if (encoding == 0) return std::vector<u64>(count, in.varint());
    if (encoding == 1 || encoding == 2) {
      const u64 base = in.zigzag(), factor = ten_to(static_cast<unsigned>(in.number(1)));
      const auto width = static_cast<unsigned>(in.number(1));
      std::vector<u64> values = in.packed(count, width);
      if (encoding == 2) {
        const u64 n = in.varint();
        const std::vector<u64> rows = rows_of(stream(in, n, depth + 1)), high = stream(in, n, depth + 1);
        for (u64 i = 0; i < n; ++i) values.at(rows[i]) += high[i] << width;
      }
      for (u64& v : values) v = base + v * factor;
      return values;
    }
    if (encoding == 3) {
      const u64 n = in.varint();
      const std::vector<u64> lengths = stream(in, n, depth + 1), each = stream(in, n, depth + 1);
      std::vector<u64> values;
      for (u64 i = 0; i < n; ++i) values.insert(values.end(), lengths[i] + 1, each[i]);
      require(values.size() == count, "runs");
      return values;
    }
    if (encoding == 4) {
      const u64 n = in.varint();
      const std::vector<u64> each = stream(in, n, depth + 1);
      std::vector<u64> values = stream(in, count, depth + 1);
      for (u64& v : values) v = each.at(v);
      return values;
    }
    require(encoding == 5, "encoding");
    const u64 base = in.zigzag(), factor = ten_to(static_cast<unsigned>(in.number(1)));
    const u64 planes = in.number(1);
    std::vector<u64> values(count);
    for (u64 k = 0; k < planes; ++k) {
      const u64 stored = in.varint();
      const std::string plane = stored == 0 ? in.take(count) : unzip(in.take(stored), count);
      for (u64 i = 0; i < count; ++i) values[i] += u64{static_cast<unsigned char>(plane[i])} << 8 * k;
    }
    for (u64& v : values) v = base + v * factor;
    return values;
  }

  // Values of one block of a column with a page of its own.
  std::vector<u64> form(std::size_t at, Input& in, u64 first, u64 count) {
    Entry& e = entries_[at];
    if (in.peek() < 16) return stream(in, count);
    const u64 which = in.number(1);
    ++segment_.forms[static_cast<unsigned>(which)];
    if (which == 16) {
      const u64 other = in.varint();
      require(other < at, "leans backwards");
      const bool minus = in.number(1) != 0;
      const u64 unit = ten_to(static_cast<unsigned>(in.number(1)));
      const u64 d = in.zigzag();
      std::vector<u64> values = stream(in, count);
      for (u64 i = 0; i < count; ++i) {
        const u64 b = entries_[other].values.at(first + i) / unit * unit;
        values[i] = minus ? b - (values[i] + d) : b + (values[i] + d);
      }
      return values;
    }
    require(which == 17, "form");
    Input table(checked(e.table));
    const u64 other = table.varint(), length = table.varint();
    require(other < at, "leans backwards");
    const std::vector<u64> by_value = stream(table, length);
    table.end();
    std::vector<u64> values;
    for (u64 i = 0; i < count; ++i) values.push_back(by_value.at(entries_[other].values.at(first + i)));
    const u64 n = in.varint();
    if (n > 0) {
      const std::vector<u64> rows = rows_of(stream(in, n)), each = stream(in, n);
      for (u64 i = 0; i < n; ++i) values.at(rows[i]) = each[i];
    }
    return values;
  }

  void read_column(std::size_t at) {
    Entry& e = entries_[at];
    FormatColumn& column = segment_.columns[e.name];
    column.kind = e.kind;
    if (e.dictionary.length > 0) column.dictionary = read_dictionary(checked(e.dictionary));
    Input directory(checked(e.directory));
    u64 offset = e.pages.offset;
    for (u64 first = 0; first < segment_.rows; first += 16384) {
      const u64 count = std::min<u64>(16384, segment_.rows - first);
      const u64 presence = directory.number(1), least = directory.varint(), most = least + directory.varint();
      Place page;
      page.offset = offset;
      page.length = directory.varint();
      if (page.length > 0) page.crc = static_cast<std::uint32_t>(directory.number(4));
      offset += page.length;
      Input in(page.length > 0 ? checked(page) : "");
      const std::string written = presence >= 3 ? in.text() : "";
      std::vector<u64> values(count, least);
      if (e.kind == 3 && page.length > 0) {
        values = read_extras(in, count, column);
      } else if (e.kind == 3) {
        column.extras.resize(first + count);
      } else if (least != most) {
        values = form(at, in, first, count);
      }
      in.end();
      require(std::ranges::min(values) == least && std::ranges::max(values) == most, "zone map");
      add_presence(at, presence, written, values, first);
      e.values.insert(e.values.end(), values.begin(), values.end());
    }
    directory.end();
    require(offset == e.pages.offset + e.pages.length, "pages");
    column.values = e.values;
    column.present = e.present;
  }

  void add_presence(std::size_t at, u64 presence, const std::string& written, const std::vector<u64>& values,
                    u64 first) {
    Entry& e = entries_[at];
    std::vector<u64> bits;
    if (presence == 3) {
      Input in(written);
      bits = stream(in, values.size());
      in.end();
    }
    u64 like = 0;
    if (presence == 4) {
      Input in(written);
      like = in.varint();
      require(like < at, "leans backwards");
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      switch (presence) {
        case 0: e.present.push_back(true); break;
        case 1: e.present.push_back(false); break;
        case 2: e.present.push_back(values[i] != 0); break;
        case 3: e.present.push_back(bits[i] != 0); break;
        case 4: e.present.push_back(entries_[like].present[first + i]); break;
        default: require(false, "presence");
      }
    }
  }

  std::vector<u64> read_extras(Input& in, u64 count, FormatColumn& column) {
    std::vector<u64> lengths = stream(in, count);
    const u64 method = in.number(1), size = in.varint();
    Input all(method == 0 ? in.rest() : unzip(in.rest(), size));
    for (const u64 length : lengths) column.extras.push_back(all.take(length));
    all.end();
    return lengths;
  }

  const std::string& file_;
  FormatSegment segment_;
  std::vector<Entry> entries_;
  Place addresses_;
};

}  // namespace

FormatSegment read_format(const std::string& file) { return Reader(file).run(); }

}  // namespace weir::store_test
