#include "fhir/inner_block.hpp"

#include <algorithm>
#include <utility>

namespace etl::fhir {
namespace {

class InnerPieces final : public DocumentSplitter::Pieces {
 public:
  InnerPieces(Block& block, BundleLinks& links, DeletionSink* sink) : block_(block), links_(links), sink_(sink) {}
  void resource(std::string_view text, std::uint64_t line, const BundleEntry* entry) override {
    block_.add(text, line, false, entry);
  }
  void shell(std::string_view text, std::uint64_t line) override { block_.add(text, line, true); }
  void entry(const BundleEntry& entry) override {
    add_link(links_, entry);
    if (sink_ != nullptr) deletions_.entry(entry);
  }
  void bundle_end(std::string_view type) override {
    if (sink_ != nullptr) deletions_.end(type, block_.file, *sink_);
  }

 private:
  Block& block_;
  BundleLinks& links_;
  DeletionSink* sink_;
  BundleDeletions deletions_;
};

}  // namespace

Block inner_block(const Block& block, const Block::Piece& piece, DeletionSink* deletions) {
  Block inner;
  inner.file = block.file;
  auto links = std::make_shared<BundleLinks>();
  InnerPieces pieces(inner, *links, deletions);
  DocumentSplitter splitter(pieces, piece.size + 1);
  splitter.start_at(piece.line);
  splitter.feed(block.piece(piece));
  splitter.finish();
  inner.links = std::move(links);
  inner.text.pad();
  return inner;
}

}  // namespace etl::fhir
