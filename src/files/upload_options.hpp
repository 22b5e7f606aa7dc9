#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "files/part_plan.hpp"

namespace etl::files {

struct UploadOptions {
  std::string bucket;       ///< as fence is asked for it; empty: its default
  std::string bucket_name;  ///< as the record's url has it
  std::uint64_t multipart_threshold = 64 * MiB;
  std::uint64_t part_size = 16 * MiB;
  /// The GUID by which fence shows the object of a document after its upload. Another one than the document's own where
  /// its record still names the object in another bucket (files/move.hpp).
  std::function<std::string(const std::string& did)> seen_as = [](const std::string& did) { return did; };
  std::function<void(std::uint64_t)> on_bytes = [](std::uint64_t) {};  ///< so many more are in S3; from any thread
};

}  // namespace etl::files
