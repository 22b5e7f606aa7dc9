#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "gen3/session.hpp"
#include "net/http.hpp"

/// What the Gen3 services answer: each has its own way to say what is wrong. A success counts only in the service's own
/// form: a proxy's page with status 200, an empty or cut body and JSON of another shape are net::UnexpectedAnswerError,
/// after as many attempts as a 503 gets where the call may be repeated.
namespace etl::gen3 {

/// The message in an error's body: `error`, `message`, `detail`, `msg` of JSON, the `Error Message:` of fence's page,
/// or the first line of plain text; at most 400 bytes, without control characters.
[[nodiscard]] std::string message_of(const net::Response& answer);

/// Throws for an answer that is not what was hoped for: NotAllowedError (401, 403), UnavailableError (429, 5xx),
/// RefusedError (the rest), with advice that fits the service's reason. `what` says what was asked for and begins with
/// the service's name ("fence: a signed URL for …"), `where` is the address.
[[noreturn]] void refuse(const std::string& what, const net::Response& answer, const std::string& where);

/// Throws net::UnexpectedAnswerError: "this is not indexd".
[[noreturn]] void not_the_service(const std::string& what, const net::Response& answer, const std::string& where);

/// Whether a document is what the service answers to this call.
using Shape = std::function<bool(const nlohmann::json&)>;
/// An object in which all these members are texts that are not empty.
[[nodiscard]] Shape object_with_texts(std::vector<std::string> names);

/// The call's answer as JSON of this shape. What it throws: see refuse() and not_the_service().
[[nodiscard]] nlohmann::json ask(Session& session, Call call, const std::string& what, const Shape& shape);

/// The same for a call whose 404 says that something does not exist: then nothing. A 404 that is not the service's own
/// (a proxy without a route for it) is no such answer.
[[nodiscard]] std::optional<nlohmann::json> ask_for_one(Session& session, Call call, const std::string& what,
                                                        const Shape& shape);

/// The same for a removal: false for the service's own 404. `done` tells whether an answer with 2xx is the service's
/// own.
[[nodiscard]] bool ask_to_remove(Session& session, Call call, const std::string& what,
                                 const std::function<bool(const net::Response&)>& done);

/// Sends the call with the answers that are accepted as the service's own, and returns the answer whatever its status
/// (409 and the like, for callers that know what they mean). 2xx and 404 are the service's own.
[[nodiscard]] net::Response send(Session& session, Call call, const std::string& what,
                                 const std::function<bool(const net::Response&)>& own);

/// Is the body JSON of this shape?
[[nodiscard]] bool has_shape(const net::Response& answer, const Shape& shape);
/// Is this 404 in a form of the Gen3 services: JSON with a message, or fence's page?
[[nodiscard]] bool is_own_404(const net::Response& answer);

/// A member that is a text; empty when it is not there or something else.
[[nodiscard]] std::string text_in(const nlohmann::json& object, const char* name);

}  // namespace etl::gen3
