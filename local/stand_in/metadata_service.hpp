#pragma once

#include <string>

#include "stand_in/commons.hpp"
#include "stand_in/records.hpp"
#include "stand_in/router.hpp"

namespace etl::stand_in {

/// The metadata service: one JSON document a GUID. Paths begin with /mds. Documents stay text here: JSON's numbers are
/// larger than C++'s, and it is PostgreSQL that orders their members.
class MetadataService {
 public:
  MetadataService(Commons& commons, Records& records) : commons_(commons), records_(records) {}

  void add_routes(Router& router);

 private:
  void add_document_routes(Router& router);
  void add_alias_routes(Router& router);
  void add_path_routes(Router& router);

  Answer create(const Request& request);
  Answer replace(const Request& request);
  Answer remove(const Request& request);
  Answer batch(const Request& request);
  Answer search(const Request& request);
  Answer write_aliases(const Request& request, bool replace);

  /// Refuses with 403 whom user.yaml does not let at /mds_gateway, and with 500 what is no good token.
  void authorize(const Request& request);
  /// The document of a GUID or an alias; nullopt: there is none.
  [[nodiscard]] std::optional<std::string> find(const std::string& guid);
  [[nodiscard]] std::vector<std::string> aliases(const std::string& guid);

  Commons& commons_;
  Records& records_;
};

}  // namespace etl::stand_in
