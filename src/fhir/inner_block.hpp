#pragma once

#include "fhir/block_reader.hpp"

namespace etl::fhir {

/// Takes a Bundle or List that is one piece of a block (a line of NDJSON, an item of an array) apart, as BlockReader
/// does with one that is a file: a block of the resources of its entries, its text padded, its shell among the pieces.
/// Without a shell it holds no resources. `deletions`, where given, is told what the Bundle deletes.
[[nodiscard]] Block inner_block(const Block& block, const Block::Piece& piece, DeletionSink* deletions);

/// Bundles within Bundles are taken apart one within the other, each a copy of what it holds.
inline constexpr int most_nested_bundles = 8;

}  // namespace etl::fhir
