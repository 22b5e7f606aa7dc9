#pragma once

#include <set>
#include <string>
#include <vector>

#include "stand_in/commons.hpp"
#include "stand_in/records.hpp"
#include "stand_in/router.hpp"

namespace etl::stand_in {

/// indexd: the records of files. Publicly its own paths stand behind /index (so a record is /index/index/DID);
/// /ga4gh/drs shows the same records in the words of DRS.
class Indexd {
 public:
  Indexd(Commons& commons, Records& records) : commons_(commons), records_(records) {}

  void add_routes(Router& router);

 private:
  void add_record_routes(Router& router);
  void add_version_routes(Router& router);
  void add_alias_routes(Router& router);
  void add_list_routes(Router& router);
  void add_drs_routes(Router& router);

  Answer create(const Request& request);
  Answer change(const Request& request);
  Answer remove(const Request& request);
  Answer create_blank(const Request& request);
  Answer fill_blank(const Request& request);
  Answer add_version(const Request& request, bool blank);
  Answer share_authz(const Request& request);
  Answer list(const Request& request);
  Answer bulk(const Request& request);
  Answer put_aliases(const Request& request, bool replace);
  Answer list_objects(const Request& request);
  Answer bulk_objects(const Request& request);

  /// Refuses unless a service (by name and password) or a user (by token) may do `method` on all of `resources`.
  void authorize(const Request& request, const std::string& method, const std::vector<std::string>& resources);
  /// Only what services may do.
  [[nodiscard]] bool is_service(const Request& request);
  [[nodiscard]] Json record_or_404(const std::string& did);
  /// Makes a whole record of what a client sent; refuses what indexd refuses.
  [[nodiscard]] Json new_record(const Json& body);
  /// As GET /index/DID shows it: with what the bucket's settings say of each url.
  [[nodiscard]] Json shown(Json record);

  Commons& commons_;
  Records& records_;
};

/// {"error": …}
[[nodiscard]] Answer indexd_error(int status, const std::string& message);

/// The body as JSON; refuses as Flask does what is none (400), or has another type (415).
[[nodiscard]] Json indexd_body(const Request& request);

/// {did, rev, baseid}
[[nodiscard]] Json identity(const Json& record);

/// Refuses (400) what the schema of POST /index does not allow. The words are jsonschema's, without the schema.
void check_new_record(const Json& body);
/// The same of PUT /index/DID.
void check_change(const Json& body);

/// Puts what a client sent of file_name, urls, authz, … into a record; refuses what the database behind indexd would
/// (500, objects as values of metadata) and urls_metadata of a url that the record does not have (400).
void apply(const Json& body, Json& record);

/// `["…"]` as strings.
[[nodiscard]] std::vector<std::string> string_list(const Json& list);

}  // namespace etl::stand_in
