#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/project_id.hpp"
#include "config/settings.hpp"
#include "files/manifest.hpp"
#include "files/services.hpp"

namespace etl::files {

enum class DiscrepancyKind : unsigned char {
  missing_record,
  wrong_record,  ///< size, md5, url or project is not what the metadata says
  missing_object,
  wrong_size,
  wrong_md5,
  extra_record,  ///< no DocumentReference has its id
};
[[nodiscard]] std::string_view to_string(DiscrepancyKind finding) noexcept;

struct Discrepancy {
  std::string did;
  std::string name;
  DiscrepancyKind finding;
  std::string detail;
};

/// What a verification of a project's files is asked for.
struct VerifyRequest {
  ProjectId project;
  std::string bucket_name;  ///< as in the records' urls; empty: what a record says
  bool deep = false;        ///< read all bytes
  unsigned jobs = 8;
  std::uint64_t part_size = 0;
  std::function<void()> on_file = [] {};  ///< one more is done; from any thread

  /// As the settings limits.file_jobs, files.bucket and the project's study in etl.yaml say.
  [[nodiscard]] static VerifyRequest from(const config::Settings& settings, ProjectId project);
};

struct VerifyTally {
  std::uint64_t documents = 0;
  std::uint64_t fine = 0;
  std::uint64_t by_size = 0;  ///< of the fine: objects whose ETag is no md5, so that only --deep tells their bytes
  std::uint64_t findings = 0;
};

/// Holds the manifest, indexd and S3 against each other, both ways; nothing is changed. `tell` gets every discrepancy,
/// one at a time.
[[nodiscard]] VerifyTally verify(const Services& services, Manifest& manifest, const VerifyRequest& request,
                                 const std::function<void(const Discrepancy&)>& tell);

}  // namespace etl::files
