#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "net/http.hpp"

/// What the Gen3 services answer: each has its own way to say what is wrong.
namespace etl::gen3 {

/// The message in an error's body: `error`, `message`, `detail`, `msg` of JSON, the `Error Message:` of fence's page,
/// or the first line of plain text; at most 400 bytes, without control characters.
[[nodiscard]] std::string message_of(const net::Response& answer);

/// Throws for an answer that is not what was hoped for: NotAllowedError (401, 403), UnavailableError (429, 5xx),
/// RefusedError (the rest). `what` says what was asked for ("fence: a signed URL for …"), `where` the address.
[[noreturn]] void refuse(const std::string& what, const net::Response& answer, const std::string& where);

/// The answer's body as JSON. UnavailableError when it is none: a proxy's page, mostly.
[[nodiscard]] nlohmann::json json_of(const std::string& what, const net::Response& answer, const std::string& where);

/// A member that must be a text. UnavailableError when it is not there.
[[nodiscard]] std::string text_of(const nlohmann::json& answer, const char* name, const std::string& what);

}  // namespace etl::gen3
