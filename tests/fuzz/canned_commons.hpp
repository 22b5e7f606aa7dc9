#pragma once

#include "canned_http.hpp"
#include "gen3/session.hpp"
#include "properties.hpp"

/// A signed-in session of a commons whose services answer what the fuzzer wants.
namespace etl::fuzz {

inline gen3::Session::Options token_of_a_commons() {
  return {.endpoint = "https://commons.example.org",
          .key = std::nullopt,
          .access_token = std::string(kSecret),
          .access_token_origin = "here"};
}

/// Calls with `ask`, which gets the session and the first line of the input; the rest is the services' answers.
/// No request goes anywhere but below `paths`, and the secret is in none of their addresses and errors. Only `@TOKEN@`
/// in the input stands for the secret: a part of it that the fuzzer wrote out is nothing that the program could know.
template <typename Ask>
void ask_the_commons(std::string_view text, const std::vector<std::string_view>& paths, Ask&& ask) {
  if (holds_secret(text)) return;
  const std::string_view name = take_field(text);
  set_answers(text);
  net::HttpClient http;
  static_cast<void>(refusal_of([&] {
    gen3::Session session(token_of_a_commons(), http);
    ask(session, name);
  }));
  for (const std::string& request : sent()) {
    // A page of a list begins where the last one ended: behind a name that the service said, which may be its own
    // token.
    require_no_secret(request.substr(0, request.find('?')));
    const std::string_view url = std::string_view(request).substr(request.find(' ') + 1);
    const std::string_view endpoint = "https://commons.example.org";
    require(url.starts_with(endpoint), "a request to elsewhere: " + request);
    const std::string_view path = url.substr(endpoint.size());
    require(std::any_of(paths.begin(), paths.end(), [&](std::string_view one) { return path.starts_with(one); }),
            "a request to another service: " + request);
    for (std::string_view rest = path.substr(0, path.find('?')); !rest.empty();) {
      const std::string_view segment = take_field(rest, '/');
      require(segment != "." && segment != "..", "a request that leaves its path: " + request);
    }
  }
}

}  // namespace etl::fuzz
