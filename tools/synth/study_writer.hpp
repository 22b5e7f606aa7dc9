#pragma once

// Writes a whole study, as one NDJSON file a type or as Bundles, in memory that does not grow with it.

#include <cstdint>
#include <filesystem>
#include <string>

#include "documents.hpp"
#include "faults.hpp"
#include "world.hpp"

namespace etl::synth {

struct Form {
  bool bundles = false;  ///< Bundles of some patients each instead of a file a type
  bool gzip = false;
  bool pretty = false;  ///< indented Bundles; spaces in NDJSON
};

class StudyWriter {
 public:
  /// Writes to `folder`/studies/<study>. The world must outlive the writer.
  StudyWriter(const World& world, Documents& documents, const Faults& faults, const std::filesystem::path& folder,
              Form form);

  void write();

  /// Bytes of metadata, before compression.
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  void write_ndjson(Type type);
  void write_bundles();
  void add_entry(std::string& bundle, Type type, std::uint64_t index, Window window);
  void write_bundle(const std::string& name, std::string& entries);

  const World& world_;
  Documents& documents_;
  const Faults& faults_;
  std::filesystem::path folder_;
  Form form_;
  std::uint64_t bytes_ = 0;
  std::uint64_t bundles_ = 0;
};

}  // namespace etl::synth
