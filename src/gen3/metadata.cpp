#include "gen3/metadata.hpp"

#include <fmt/format.h>

#include <set>

#include "base/error.hpp"
#include "gen3/answer.hpp"
#include "gen3/guid.hpp"
#include "net/encode.hpp"

namespace etl::gen3 {
namespace {

using nlohmann::json;

constexpr std::size_t documents_per_page = 1000;  // at most 2,000

std::string document_path(const std::string& guid) { return "/mds/metadata/" + guid_path(guid); }

bool is_object(const json& said) { return said.is_object(); }

/// To an expired token the service answers 500, as if it were broken. A key's own tokens are renewed in time.
void require_fresh_token(Session& session) {
  if (!session.has_credentials()) return;
  const std::string from = "the access token";
  if (read_claims(session.access_token(), from).expires < Clock::now()) {
    throw NotAllowedError("metadata-service: the access token has expired", session.endpoint(),
                          "unset ACCESS_TOKEN, or get a new one");
  }
}

/// False when the service has a document of this GUID.
bool post_new(Session& session, const std::string& guid, const Call& call) {
  const std::string what = "metadata-service: the document " + guid;
  const net::Response answer = send(
      session, call, what, [](const net::Response& one) { return one.status == 201 && has_shape(one, is_object); });
  if (answer.status == 409) return false;
  if (!answer.ok()) refuse(what, answer, session.address(call));
  return true;
}

}  // namespace

bool MetadataService::create(const std::string& guid, const json& document) {
  return post_new(session_, guid, {.method = "POST", .path = document_path(guid), .body = document});
}

bool MetadataService::overwrite(const std::string& guid, const json& document) {
  const Call call{
      .method = "POST", .path = document_path(guid) + "?overwrite=true", .body = document, .repeatable = true};
  const std::string what = "metadata-service: the document " + guid;
  const net::Response answer =
      send(session_, call, what, [](const net::Response& one) { return has_shape(one, is_object); });
  if (!answer.ok()) refuse(what, answer, session_.address(call));
  return answer.status == 201;
}

std::optional<json> MetadataService::get(const std::string& guid) {
  return ask_for_one(session_, {.path = document_path(guid), .with_token = false},
                     "metadata-service: the document " + guid, [](const json& said) { return !said.is_discarded(); });
}

std::optional<std::string> MetadataService::get_text(const std::string& guid) {
  require_fresh_token(session_);
  const Call call{.path = document_path(guid), .with_token = session_.has_credentials()};
  const std::string what = "metadata-service: the document " + guid;
  const net::Response answer = send(session_, call, what, [](const net::Response& one) {
    return has_shape(one, [](const json& said) { return !said.is_discarded(); });
  });
  if (answer.status == 404) return std::nullopt;
  if (!answer.ok()) refuse(what, answer, session_.address(call));
  if (!has_shape(answer, is_object)) {
    throw RefusedError(what + " is not a JSON object", session_.address(call), "remove or correct it in the service");
  }
  return answer.body;
}

bool MetadataService::create_text(const std::string& guid, const std::string& document) {
  require_fresh_token(session_);
  return post_new(session_, guid, {.method = "POST", .path = document_path(guid), .body_text = document});
}

bool MetadataService::merge_text(const std::string& guid, const std::string& members) {
  require_fresh_token(session_);
  const Call call{
      .method = "PUT", .path = document_path(guid) + "?merge=true", .body_text = members, .repeatable = true};
  const std::string what = "metadata-service: the document " + guid;
  const net::Response answer =
      send(session_, call, what, [](const net::Response& one) { return has_shape(one, is_object); });
  if (answer.status == 404) return false;
  if (!answer.ok()) refuse(what, answer, session_.address(call));
  return true;
}

bool MetadataService::remove(const std::string& guid) {
  // It answers 200 with the document that is gone.
  return ask_to_remove(session_, {.method = "DELETE", .path = document_path(guid)},
                       "metadata-service: the removal of " + guid,
                       [](const net::Response& answer) { return has_shape(answer, is_object); });
}

void MetadataService::list(const std::string& guid_type,
                           const std::function<void(const std::string&, const json&)>& each) {
  const std::string what = "metadata-service: the documents of type " + guid_type;
  std::set<std::string> first_of_page;
  for (std::size_t offset = 0;; offset += documents_per_page) {
    const Call call{.path = fmt::format("/mds/metadata?_guid_type={}&data=True&limit={}&offset={}",
                                        net::percent_encode(guid_type), documents_per_page, offset),
                    .with_token = false};
    const json said = ask(session_, call, what, is_object);
    // A service that ignores the offset answers the same page for ever.
    if (!said.empty() && !first_of_page.insert(said.begin().key()).second) {
      throw UnavailableError(what + ": the list does not advance: a page is the same as an earlier one",
                             session_.address(call), "run again; if it persists, check metadata-service");
    }
    for (const auto& [guid, document] : said.items()) each(guid, document);
    if (said.size() < documents_per_page) return;
  }
}

}  // namespace etl::gen3
