#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.hpp"
#include "dictionary/dictionary.hpp"
#include "simplify/block_processor.hpp"

namespace etl::simplify {

/// How a test's input is read.
struct Reading {
  std::string config = {};  ///< YAML; empty: the configuration that is built in
  const dictionary::Dictionary* dictionary = nullptr;
  std::optional<std::string> seed = std::nullopt;
  Dialect dialect = Dialect::pfb;
  bool validate = true;
};

/// What became of it.
struct Made {
  std::vector<std::string> lines;                  ///< records
  std::vector<std::vector<std::string>> rejected;  ///< `kind line path` of each issue
  std::vector<std::string> warnings;               ///< `kind path`
  Tally tally;

  [[nodiscard]] nlohmann::json record(std::size_t i = 0) const {
    return i < lines.size() ? nlohmann::json::parse(lines[i]) : nlohmann::json();
  }
};

class Collecting final : public BlockSink {
 public:
  Collecting(Made& made, Dialect dialect) : made_(made), dialect_(dialect) {}
  void record(const Record& record) override {
    Buffer line;
    append_line(line, record, dialect_);
    EXPECT_TRUE(line.view().ends_with('\n'));
    made_.lines.emplace_back(line.view(0, line.size() - 1));
    EXPECT_EQ(made_.lines.back().find('\n'), std::string::npos);
  }
  void rejected(Rejected rejected) override {
    made_.rejected.emplace_back();
    for (const fhir::Issue& issue : rejected.issues) {
      made_.rejected.back().push_back(std::string(to_string(issue.kind)) + " " + std::to_string(issue.line) + " " +
                                      issue.path);
    }
  }

 private:
  Made& made_;
  Dialect dialect_;
};

/// A block whose pieces are the lines of `text`.
inline void cut(fhir::Block& block, std::string_view text) {
  block.text.append(text);
  block.text.pad();
  std::uint64_t line = 1;
  for (std::size_t begin = 0; begin < text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) block.pieces.push_back({begin, end - begin, line, false});
    begin = end + 1;
  }
}

/// Plans take a while to make; those without a dictionary are kept.
inline std::shared_ptr<const Plans> plans_for(const Reading& reading) {
  static std::map<std::string, std::shared_ptr<const Plans>> kept;
  if (reading.dictionary == nullptr && kept.contains(reading.config)) return kept.at(reading.config);
  const Config config = reading.config.empty() ? Config::load("") : Config::parse(reading.config, "test.yaml");
  auto plans = std::make_shared<const Plans>(config, reading.dictionary);
  if (reading.dictionary == nullptr) kept.emplace(reading.config, plans);
  return plans;
}

/// Read lines of FHIR as one block.
inline Made make(std::string_view lines, const Reading& reading = {}) {
  const auto plans = plans_for(reading);
  std::optional<IdTransform> ids;
  if (reading.seed) ids.emplace(*reading.seed);
  const std::vector<fhir::StudyFile> files{{"study.ndjson", "study.ndjson", 0}};
  const auto worker = make_worker({.plans = *plans,
                                   .dictionary = reading.dictionary,
                                   .records = false,
                                   .ids = ids ? &*ids : nullptr,
                                   .validate = reading.validate,
                                   .references = References::all},
                                  files, nullptr);
  fhir::Block block;
  cut(block, lines);
  Made made;
  Collecting sink(made, reading.dialect);
  worker->process(block, sink);
  made.tally = worker->tally();
  for (const fhir::Issue& warning : worker->warnings().issues({"study.ndjson"})) {
    made.warnings.push_back(std::string(to_string(warning.kind)) + " " + warning.path);
  }
  return made;
}

}  // namespace etl::simplify
