#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "simplify/block_processor.hpp"

namespace etl::simplify {

/// Resources that were set aside, one JSON object a line: `file`, `line`, `issues` (`kind`, `line`, `path`, `message`),
/// and the `resource`, or its `text` where that is not JSON. The file appears at commit(), for its owner alone.
class RejectFile {
 public:
  explicit RejectFile(const std::filesystem::path& path) : file_(path, true, Access::owner) {}

  void add(const Rejected& rejected);
  /// A record that was taken out again; `record` is its JSON.
  void add(const fhir::Issue& issue, std::string_view record);
  /// A whole file that cannot be read.
  void add(const fhir::Issue& issue);
  void commit();

 private:
  void write(const std::vector<fhir::Issue>& issues, std::string_view member, std::string_view json);

  AtomicFile file_;
};

}  // namespace etl::simplify
