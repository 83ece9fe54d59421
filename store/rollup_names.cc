#include "store/rollup_names.h"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "base/hash.h"

namespace weir {
namespace {

struct SiteHash {
  std::size_t operator()(const RollupSite& s) const {
    const std::uint64_t words[] = {std::uint64_t{s.exporter} << 32 | s.host, std::uint64_t{s.in_if} << 32 | s.out_if,
                                   std::uint64_t{s.in_if_name} << 32 | s.out_if_name,
                                   std::uint64_t{s.sampling_rate} << 32 | std::uint64_t{s.proto} << 16 |
                                       std::uint64_t{s.flow_direction} << 8 | std::uint64_t{s.has_in_if} << 3 |
                                       std::uint64_t{s.has_out_if} << 2 | std::uint64_t{s.has_flow_direction} << 1 |
                                       std::uint64_t{s.paired_by_exporter}};
    return hash_words<4>(words);
  }
};

// What a site takes: itself, twice, and its place in the map.
constexpr std::size_t kSiteBytes = 2 * sizeof(RollupSite) + 48;

template <typename T>
void sort_unique(std::vector<T>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
  values.shrink_to_fit();
}

// Appends to `numbers` where in `all` (sorted) each of `some` (sorted, a subset) stands, plus `first`.
template <typename T>
void append_places(std::span<const T> some, std::span<const T> all, std::uint32_t first,
                   std::vector<std::uint32_t>& numbers) {
  std::size_t at = 0;
  for (const T& value : some) {
    while (all[at] != value) ++at;
    numbers.push_back(first + static_cast<std::uint32_t>(at));
  }
}

}  // namespace

struct RollupNames::Impl {
  explicit Impl(MemoryBudget& budget) : share(budget) {}

  BudgetShare share;
  AddressDictionary addresses;
  std::deque<std::string> texts;  // a text's address holds
  std::unordered_map<std::string_view, std::uint32_t> text_numbers;
  std::vector<RollupSite> sites;
  std::unordered_map<RollupSite, std::uint32_t, SiteHash> site_numbers;
  std::uint32_t last_site = 0;
};

RollupNames::RollupNames(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RollupNames::RollupNames(RollupNames&&) noexcept = default;
RollupNames::~RollupNames() = default;

Result<RollupNames> RollupNames::make(std::span<const std::shared_ptr<const Segment>> inputs, MemoryBudget& budget) {
  auto impl = std::make_unique<Impl>(budget);
  std::vector<std::uint32_t> v4;
  std::vector<AddressBytes> v6;
  for (const auto& input : inputs) {
    const Result<const AddressDictionary*> dictionary = input->addresses();
    if (!dictionary) return std::unexpected(dictionary.error());
    const auto& d = **dictionary;
    if (!impl->share.grow(d.v4().size_bytes() + d.v6().size_bytes())) {
      return fail("the roll-up's addresses do not fit its memory");
    }
    v4.insert(v4.end(), d.v4().begin(), d.v4().end());
    v6.insert(v6.end(), d.v6().begin(), d.v6().end());
  }
  sort_unique(v4);
  sort_unique(v6);
  impl->share.resize(v4.size() * sizeof(v4[0]) + v6.size() * sizeof(v6[0]));
  impl->addresses = AddressDictionary(std::move(v4), std::move(v6));
  return RollupNames(std::move(impl));
}

std::vector<std::uint32_t> RollupNames::addresses_of(const AddressDictionary& dictionary) const {
  std::vector<std::uint32_t> numbers{0};
  numbers.reserve(dictionary.size() + 1);
  append_places(dictionary.v4(), impl_->addresses.v4(), 1, numbers);
  append_places(dictionary.v6(), impl_->addresses.v6(), 1 + impl_->addresses.v4_count(), numbers);
  return numbers;
}

std::vector<std::uint32_t> RollupNames::texts_of(const BytesDictionary& dictionary) {
  std::vector<std::uint32_t> numbers{0};
  numbers.reserve(dictionary.size() + 1);
  for (std::uint32_t code = 1; code <= dictionary.size(); ++code) {
    const std::string_view text = dictionary.bytes(code);
    auto known = impl_->text_numbers.find(text);
    if (known == impl_->text_numbers.end()) {
      impl_->texts.emplace_back(text);
      known = impl_->text_numbers.emplace(impl_->texts.back(), impl_->texts.size()).first;
    }
    numbers.push_back(known->second);
  }
  return numbers;
}

std::uint32_t RollupNames::number_of(const RollupSite& site) {
  Impl& i = *impl_;
  if (i.last_site < i.sites.size() && i.sites[i.last_site] == site) return i.last_site;
  const auto known = i.site_numbers.find(site);
  if (known != i.site_numbers.end()) return i.last_site = known->second;
  if (!i.share.grow(kSiteBytes)) return UINT32_MAX;
  i.last_site = static_cast<std::uint32_t>(i.sites.size());
  i.sites.push_back(site);
  i.site_numbers.emplace(site, i.last_site);
  return i.last_site;
}

IpAddress RollupNames::address(std::uint32_t number) const { return impl_->addresses.address(number); }

std::string_view RollupNames::text(std::uint32_t number) const {
  return number == 0 ? std::string_view() : std::string_view(impl_->texts[number - 1]);
}

const RollupSite& RollupNames::site(std::uint32_t number) const { return impl_->sites[number]; }

}  // namespace weir
