#pragma once

// What arbitrary bytes are given to: by the fuzz targets of this folder, and by the unit tests that change valid input
// at random. Each throws std::logic_error when something comes out that must not.

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "base/error.hpp"
#include "dictionary/dictionary.hpp"
#include "fhir/document_splitter.hpp"
#include "properties.hpp"
#include "simplify/block_processor.hpp"

namespace etl::fuzz {

/// Records must be JSON: an object whose values are scalars or arrays of scalars.
class CheckingSink final : public simplify::BlockSink {
 public:
  void record(const simplify::Record& record) override {
    Buffer line;
    append_line(line, record, simplify::Dialect::pfb);
    const std::string_view text = line.view(0, line.size() - 1);
    require(text.find('\n') == std::string_view::npos, "a record of two lines");
    const auto json = nlohmann::json::parse(text, nullptr, false);
    require(!json.is_discarded(), "a record that is not JSON: " + std::string(text));
    for (const auto& value : json.at("object")) {
      require(!value.is_object(), "an object in a record: " + std::string(text));
      if (!value.is_array()) continue;
      for (const auto& item : value)
        require(!item.is_structured(), "an array of arrays in a record: " + std::string(text));
    }
    ++records;
  }
  void rejected(simplify::Rejected rejected) override {
    require(!rejected.issues.empty(), "rejected without a reason");
    ++rejects;
  }
  std::uint64_t records = 0;
  std::uint64_t rejects = 0;
};

/// Lines of a file, as a study's reader cuts them; with validation and without.
inline void read_lines(std::string_view bytes) {
  using namespace simplify;
  static const Plans plans(Config::load(""), nullptr);
  static const IdTransform ids("seed");
  static const std::vector<fhir::StudyFile> files{{"f.ndjson", "f.ndjson", 0}};
  for (const bool validate : {true, false}) {
    const auto worker = make_worker({.plans = plans,
                                     .dictionary = nullptr,
                                     .records = false,
                                     .ids = validate ? nullptr : &ids,
                                     .validate = validate,
                                     .references = References::all},
                                    files, nullptr);
    fhir::Block block;
    block.text.append(bytes);
    block.text.pad();
    std::uint64_t line = 1;
    for (std::size_t begin = 0; begin < bytes.size(); ++line) {
      const std::size_t end = std::min(bytes.find('\n', begin), bytes.size());
      const std::size_t first = std::min(bytes.find_first_not_of(" \t\r", begin), end);
      const std::size_t last = bytes.find_last_not_of(" \t\r", end == 0 ? 0 : end - 1);
      if (first < end) block.pieces.push_back({first, last + 1 - first, line, false});
      begin = end + 1;
    }
    CheckingSink sink;
    worker->process(block, sink);
    const Tally& tally = worker->tally();
    require(tally.records == sink.records && tally.rejected == sink.rejects,
            "counts that do not agree with what came out");
    require(tally.resources == tally.records + tally.rejected + tally.left_out(),
            "in is not out, set aside and left out");
  }
}

/// The pieces of documents, which do not depend on how the bytes come in.
inline void split_documents(std::string_view bytes) {
  class Pieces final : public fhir::DocumentSplitter::Pieces {
   public:
    void resource(std::string_view text, std::uint64_t line, const fhir::BundleEntry*) override {
      add("r", text, line);
    }
    void shell(std::string_view text, std::uint64_t line) override { add("s", text, line); }
    void entry(const fhir::BundleEntry& entry) override { add(entry.full_url, entry.request_url, 0); }
    std::string all;

   private:
    void add(std::string_view kind, std::string_view text, std::uint64_t line) {
      require(line <= 1 + line_ends, "a line behind the end");
      all.append(kind).append(1, '\1').append(text).append(1, '\1').append(std::to_string(line)).append(1, '\2');
    }

   public:
    std::uint64_t line_ends = 0;
  };
  std::string first;
  for (const std::size_t chunk : {bytes.size() + 1, std::size_t{1}, std::size_t{5}}) {
    Pieces pieces;
    pieces.line_ends = static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    fhir::DocumentSplitter splitter(pieces, bytes.size() + 1);
    for (std::size_t at = 0; at < bytes.size(); at += chunk) splitter.feed(bytes.substr(at, chunk));
    splitter.finish();
    if (first.empty()) first = pieces.all;
    require(first == pieces.all, "the pieces depend on how the bytes came in");
  }
}

/// Anything but an error that is meant is an issue.
inline void parse_dictionary(std::string_view bytes) {
  try {
    const auto dictionary = dictionary::Dictionary::parse(bytes, "d.json");
    // Plans take a hundred times as long as the parsing.
    if (bytes.size() % 32 == 0) static_cast<void>(simplify::Plans(simplify::Config{}, &dictionary));
  } catch (const Error& error) {
    require(!error.where().empty(), "an error without a place");
  }
}

inline void parse_config(std::string_view bytes) {
  try {
    const auto config = simplify::Config::parse(std::string(bytes), "c.yaml");
    if (bytes.size() % 32 == 0) static_cast<void>(simplify::Plans(config, nullptr));
  } catch (const UsageError& error) {
    require(!error.where().empty(), "an error without a place");
  }
}

}  // namespace etl::fuzz
