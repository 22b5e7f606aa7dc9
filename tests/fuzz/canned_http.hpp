#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

/// net::HttpClient without a network, for targets that fuzz what servers answer. canned_http.cpp defines the client's
/// members anew, and the linker takes them instead of those in the library.
namespace etl::fuzz {

/// Sets what the servers answer from now on. `script` has the answers one after another, with a line `%%` between them;
/// each is a line with its status, lines with headers, an empty line and the body. The last answer is repeated.
/// Everywhere in it, `@TOKEN@` stands for the secret that the client sends.
void set_answers(std::string_view script);

/// The requests that were sent since set_answers().
[[nodiscard]] const std::vector<std::string>& sent();

/// How many answers the script has.
[[nodiscard]] std::size_t answers();

}  // namespace etl::fuzz
