#include "search/answer.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "base/error.hpp"
#include "base/secrets.hpp"
#include "base/text.hpp"
#include "net/unexpected_answer.hpp"
#include "search/json_member.hpp"

namespace etl::search {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestReason = 600;

/// `index [x] blocked by: [FORBIDDEN/12/index read-only / allow delete (api)];` of Elasticsearch 6.8 and 7, or
/// `[TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, …]` of OpenSearch and later Elasticsearch.
/// 12 is the id of the block (IndexMetadata.INDEX_READ_ONLY_ALLOW_DELETE_BLOCK).
bool is_flood_stage(const std::string& type, const std::string& reason) {
  return type == "cluster_block_exception" && reason.find("/12/") != std::string::npos;
}

}  // namespace

ErrorKind kind_of(long status, const json& error) {
  const std::string type = text_member(error, "type");
  const std::string reason = text_member(error, "reason");
  if (is_flood_stage(type, reason)) return ErrorKind::disk_full;
  if (status == 401 || status == 403) return ErrorKind::not_allowed;
  if (status == 413) return ErrorKind::too_large;
  if (status == 429 || type == "es_rejected_execution_exception" || type == "rejected_execution_exception" ||
      type == "circuit_breaking_exception") {
    return ErrorKind::overloaded;
  }
  if (status >= 500) return ErrorKind::unavailable;
  return ErrorKind::refused;
}

std::string reason_of(const json& error) {
  if (error.is_string()) return shortened(printable(secrets::redact(error.get<std::string>())), kLongestReason);
  std::string text = text_member(error, "type");
  const json* at = &error;
  for (int depth = 0; depth < 4 && at->is_object(); ++depth) {
    const std::string reason = text_member(*at, "reason");
    if (!reason.empty()) text += (text.empty() ? "" : ": ") + reason;
    const auto cause = at->find("caused_by");
    if (cause == at->end()) break;
    at = &*cause;
  }
  return shortened(printable(secrets::redact(text)), kLongestReason);
}

json document_of(const std::string& what, const net::Response& answer, const std::string& url) {
  json parsed = try_parse_json(answer.body);
  if (parsed.is_discarded()) {
    throw net::UnexpectedAnswerError(
        fmt::format("{}: HTTP {}, but the answer is not JSON", what, answer.status), net::without_query(url),
        "check that search.url (ELASTICSEARCH_URL) is the address of Elasticsearch or OpenSearch");
  }
  return parsed;
}

void refuse(const std::string& what, ErrorKind kind, const std::string& reason, const std::string& url) {
  const std::string at = net::without_query(url);
  const std::string text = reason.empty() ? what : fmt::format("{}: {}", what, reason);
  switch (kind) {
    case ErrorKind::disk_full:
      throw ExhaustedError(
          text + " (the disk of the search server is full: flood-stage watermark)", at,
          "free disk space on the search server, or remove indexes that are no longer needed; then, if "
          "the server does not lift the block by itself, set index.blocks.read_only_allow_delete to "
          "null, and run again");
    case ErrorKind::not_allowed:
      throw NotAllowedError(text, at,
                            "check ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD, or ELASTICSEARCH_API_KEY, and "
                            "the roles of this user");
    case ErrorKind::overloaded:
      throw UnavailableError(text, at, "the search server is overloaded: run again later");
    case ErrorKind::unavailable:
      throw UnavailableError(text, at, "run again; if it persists, look at the log of the search server");
    case ErrorKind::too_large:
      throw RefusedError(text, at, "raise http.max_content_length on the search server");
    case ErrorKind::refused:
      break;
  }
  throw RefusedError(text, at);
}

void refuse(const std::string& what, const net::Response& answer, const std::string& url) {
  const json parsed = try_parse_json(answer.body);
  json error;
  std::string reason;
  if (parsed.is_object()) {
    if (const auto found = parsed.find("error"); found != parsed.end()) error = *found;
    reason = reason_of(error);
  }
  refuse(fmt::format("{}: HTTP {}", what, answer.status), kind_of(answer.status, error), reason, url);
}

}  // namespace etl::search
