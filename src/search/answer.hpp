#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "net/http.hpp"

namespace etl::search {

/// What an error of the search server is about.
enum class ErrorKind : unsigned char {
  overloaded,   ///< it takes no more for the moment: repeat later, and less at once
  unavailable,  ///< it, or a shard of it, cannot be reached for the moment: repeat
  disk_full,    ///< the flood-stage watermark was reached and the index takes no more documents
  not_allowed,  ///< who asks may not
  too_large,    ///< the request exceeds the server's limit
  refused,      ///< anything else; repeating does not help
};

/// Tells what kind of error it is by the HTTP status (of a request, or of one item of a bulk request) and by the
/// `error` member of the answer, which may be null.
[[nodiscard]] ErrorKind kind_of(long status, const nlohmann::json& error);

/// The error's type and reasons, for people: "mapper_parsing_exception: failed to parse field [x]: For input …".
[[nodiscard]] std::string reason_of(const nlohmann::json& error);

/// The document in the answer; net::UnexpectedAnswerError when the body is not JSON, which means that something other
/// than a search server answered.
[[nodiscard]] nlohmann::json document_of(const std::string& what, const net::Response& answer, const std::string& url);

/// Throws for an answer that is not 2xx: NotAllowedError (401, 403), UnavailableError (429, 5xx), RefusedError
/// otherwise and when the disk is full. `what` says what was to be done: "create the index x".
[[noreturn]] void refuse(const std::string& what, const net::Response& answer, const std::string& url);
[[noreturn]] void refuse(const std::string& what, ErrorKind kind, const std::string& reason, const std::string& url);

}  // namespace etl::search
