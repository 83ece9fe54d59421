#include "query/ranking.h"

#include <algorithm>

namespace weir {

bool goes(DirectionFilter direction, const FlowCounters& c) {
  const bool by_packets = (c.in_packets | c.out_packets) != 0;
  const bool in = (by_packets ? c.in_packets : c.in_bytes) != 0;
  const bool out = (by_packets ? c.out_packets : c.out_bytes) != 0;
  switch (direction) {
    case DirectionFilter::kNone: return true;
    case DirectionFilter::kIn: return in && !out;
    case DirectionFilter::kOut: return out && !in;
    case DirectionFilter::kUni: return in != out;
    case DirectionFilter::kBi: return in && out;
  }
  return true;
}

Ranking::Ranking(const QueryRequest& request, const KeyLayout& layout, const KeyValues& values, MemoryBudget& budget)
    : request_(request), layout_(layout), values_(values), budget_(budget) {}

Ranking::~Ranking() { budget_.give_back(charged_); }

void Ranking::visit(const std::uint64_t* key, const FlowCounters& counters) {
  if (!goes(request_.condition.direction, counters)) return;
  ++hits_;
  add(totals_, counters);
  keep({rank(key, counters), key, counters});
}

void Ranking::merge(const Ranking& other) {
  hits_ += other.hits_;
  add(totals_, other.totals_);
  failed_ |= other.failed_;
  for (const RankedGroup& group : other.best_) keep(group);
}

const std::vector<RankedGroup>& Ranking::sorted() {
  std::ranges::sort(best_, [this](const auto& a, const auto& b) { return before(a, b); });
  return best_;
}

void Ranking::keep(const RankedGroup& group) {
  const auto order = [this](const auto& a, const auto& b) { return before(a, b); };
  if (request_.limit == 0 || best_.size() < request_.limit) {
    if (best_.size() == best_.capacity() && !make_room()) {
      failed_ = true;
      return;
    }
    best_.push_back(group);
    if (best_.size() == request_.limit) std::ranges::make_heap(best_, order);
    return;
  }
  if (!before(group, best_.front())) return;
  std::ranges::pop_heap(best_, order);
  best_.back() = group;
  std::ranges::push_heap(best_, order);
}

bool Ranking::make_room() {
  const std::size_t capacity = std::max<std::size_t>(64, best_.capacity() + best_.capacity() / 2);
  const std::size_t size = capacity * sizeof(RankedGroup);
  if (!budget_.take(size)) return false;
  best_.reserve(capacity);
  budget_.give_back(charged_);
  charged_ = size;
  return true;
}

bool Ranking::before(const RankedGroup& a, const RankedGroup& b) const {
  if (a.rank != b.rank) return request_.ascending ? a.rank < b.rank : a.rank > b.rank;
  return layout_.compare(a.key, b.key, values_) < 0;
}

std::uint64_t Ranking::rank(const std::uint64_t* key, const FlowCounters& c) const {
  if (request_.sort == SortBy::kTime) return layout_.time(key);
  const bool packets = request_.sort == SortBy::kPackets;
  const std::uint64_t in = packets ? c.in_packets : c.in_bytes, out = packets ? c.out_packets : c.out_bytes;
  switch (request_.counters) {
    case Counters::kIn: return in;
    case Counters::kOut: return out;
    case Counters::kBoth:
    case Counters::kSum: break;
  }
  return saturating_add(in, out);
}

}  // namespace weir
