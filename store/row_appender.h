// Taking the flows of a batch into a RowBuffer, column by column.
//
// Thread rules: one thread at a time.
#pragma once

#include <cstdint>
#include <span>

#include "flow/batch.h"
#include "store/row_buffer_impl.h"

namespace weir {

// As RowBuffer::append().
void append_rows(RowBuffer::Impl& buffer, const FlowBatch& batch, std::span<const std::uint64_t> flows);

}  // namespace weir
