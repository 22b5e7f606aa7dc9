#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stand_in/database.hpp"
#include "stand_in/request.hpp"

namespace etl::stand_in {

/// The records of indexd. A record is the document that indexd shows of it; its members did, baseid and rev are set
/// here.
class Records {
 public:
  explicit Records(Database& database) : database_(database) {}

  [[nodiscard]] std::optional<Json> find(const std::string& did);
  /// As find; else the record of this name with the commons' prefix before it.
  [[nodiscard]] std::optional<Json> find(const std::string& did, const std::string& prefix);
  [[nodiscard]] std::optional<Json> find_alias(const std::string& name);
  /// Those that are there, in no order.
  [[nodiscard]] std::vector<Json> find_all(const std::vector<std::string>& dids);
  /// Every version, oldest first.
  [[nodiscard]] std::vector<Json> versions(const std::string& baseid);

  /// Adds one with a new rev, and with a new baseid unless it has one. False: there is one of this did.
  bool add(Json& record);
  /// Writes what has changed and gives it a new rev; false: it no longer has the rev that `record` has.
  bool change(Json& record);
  bool remove(const std::string& did, const std::string& rev);

  struct Filter {
    Json contains = Json::object();  ///< a part of the document that must be there
    bool no_authz = false;
    std::string after;  ///< only dids behind this one
    std::int64_t limit = 100;
    std::int64_t offset = 0;
  };
  /// Ordered by did.
  [[nodiscard]] std::vector<Json> list(const Filter& filter);

  struct Total {
    std::int64_t count = 0;
    Json size = 0;  ///< may be larger than 2^63
  };
  [[nodiscard]] Total total();

  [[nodiscard]] std::vector<std::string> aliases(const std::string& did);
  /// Those of `names` that some record has.
  [[nodiscard]] std::vector<std::string> taken(const std::vector<std::string>& names);
  void add_aliases(const std::string& did, const std::vector<std::string>& names);
  /// All of them when `name` is empty. False: there was none.
  bool remove_aliases(const std::string& did, const std::string& name);

 private:
  Database& database_;
};

/// A record of a file that is still to come, as fence makes it before an upload.
[[nodiscard]] Json blank_record(const std::string& prefix);

/// Now, as indexd writes it: UTC with microseconds and without a zone.
[[nodiscard]] std::string indexd_time();

}  // namespace etl::stand_in
