// One sender's work: parcels to requests, answers to what became of the records.
//
// A parcel that the server calls too large is sent in pieces. What the server refuses goes to the dead letters; what
// another try may help goes back to the outbox.
//
// Thread rules: a sender belongs to one thread; DeliveryShare is shared by the senders of a sink.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sinks/dead_letters.h"
#include "sinks/http_client.h"
#include "sinks/http_options.h"
#include "sinks/http_reply.h"
#include "sinks/outbox.h"
#include "sinks/spare_texts.h"

namespace weir {

struct DeliveryShare {
  const HttpOptions& options;
  Outbox& outbox;
  DeadLetters& dead_letters;
  SpareTexts& spare;
  std::atomic<bool> abort = false;
  std::atomic<unsigned> headers_version = 0;            // changes when the header file is to be read again
  std::atomic<std::size_t> largest_request = SIZE_MAX;  // bytes of records, as answers of 413 have taught
};

class HttpDelivery {
 public:
  explicit HttpDelivery(DeliveryShare& share);

  // Until the outbox has no more.
  void run();

 private:
  void deliver(Parcel parcel);
  std::size_t records_at_once(const Parcel& parcel) const;
  HttpReply send(Parcel& parcel, std::size_t count);
  // What the answer means for the first `count` pending records. False: the parcel is to be tried again, for `trouble`.
  bool apply(const HttpReply& reply, Parcel& parcel, std::size_t count, Trouble& trouble);
  bool apply_taken(const HttpReply& reply, Parcel& parcel, std::size_t count, Trouble& trouble);
  bool apply_openobserve(const HttpReply& reply, Parcel& parcel, std::size_t count, Trouble& trouble);
  bool apply_bulk(const HttpReply& reply, Parcel& parcel, std::size_t count, Trouble& trouble);
  void refuse(const HttpReply& reply, Parcel& parcel, std::size_t count);
  // Flows that left the parcel, of which `failed` (at most all) were refused.
  void account(Parcel& parcel, std::uint64_t flows, std::uint64_t failed, const std::string& error);
  void refresh_headers();

  DeliveryShare& share_;
  HttpClient client_;
  std::string body_;
  unsigned headers_version_ = 0;
};

}  // namespace weir
