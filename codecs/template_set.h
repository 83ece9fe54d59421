// Reading template sets and options template sets: RFC 3954 §5.2 and §6.1, RFC 7011 §3.4.1 and §3.4.2.
//
// Thread rules: a reader over bytes that outlive it.
#pragma once

#include "base/bytes.h"
#include "codecs/template_plan.h"

namespace weir {

class TemplateSetReader {
 public:
  // `set` is what follows the set's header.
  TemplateSetReader(Bytes set, FlowProtocol protocol, bool options)
      : bytes_(set), reader_(set), protocol_(protocol), options_(options) {}

  // The next template; false at the end of the set, or where nothing more can be read (then bad() is true). A template
  // without fields is a withdrawal in IPFIX and nothing in NetFlow v9.
  bool next(TemplateSpec& spec);

  // Whether something in the set was no template.
  bool bad() const { return bad_; }
  // Whether next() came upon a template that cannot be read to its end; its id, where that stands, is in `spec`.
  bool unreadable() const { return unreadable_; }

 private:
  bool only_padding_left() const;
  bool read_counts(std::size_t& fields, std::size_t& scopes);
  TemplateField read_field();

  Bytes bytes_;
  ByteReader reader_;
  FlowProtocol protocol_;
  bool options_;
  bool bad_ = false;
  bool unreadable_ = false;
};

}  // namespace weir
