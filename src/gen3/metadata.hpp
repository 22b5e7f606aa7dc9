#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gen3/session.hpp"

namespace etl::gen3 {

/// metadata-service, the commons' store of documents by GUID, at /mds.
class MetadataService {
 public:
  explicit MetadataService(Session& session) : session_(session) {}

  /// False when there is one already, which stays as it is.
  bool create(const std::string& guid, const nlohmann::json& document);
  /// Makes it, or replaces what is there. True when it was made.
  bool overwrite(const std::string& guid, const nlohmann::json& document);
  [[nodiscard]] std::optional<nlohmann::json> get(const std::string& guid);
  /// False when it is not there.
  bool remove(const std::string& guid);
  /// Every document whose `_guid_type` is this one, page by page.
  void list(const std::string& guid_type,
            const std::function<void(const std::string& guid, const nlohmann::json& document)>& each);

 private:
  Session& session_;
};

}  // namespace etl::gen3
