// What a service of the commons says when it refuses: JSON of many forms, HTML pages, plain text.

#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "gen3/answer.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

constexpr std::size_t longest_message = 400;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::holds_secret(fuzz::text_of(data, size))) return 0;
  net::Response answer{.status = 500, .headers = {}, .body = std::string(fuzz::text_of(data, size))};
  const std::string message = gen3::message_of(answer);
  // Each byte of a message may be escaped to four; "…" has three.
  require(message.size() <= 4 * longest_message + 3, "a message without end");
  for (const char c : message) {
    const auto code = static_cast<unsigned char>(c);
    require(code >= 0x20 && code != 0x7F, "a control character in a message");
  }
  for (const long status : {302L, 400L, 401L, 403L, 404L, 409L, 429L, 503L}) {
    answer.status = status;
    const auto refused = fuzz::refusal_of([&] {
      gen3::refuse(
          "fence: a file", answer,
          "https://user:" + std::string(fuzz::kSecret) + "@example.org/user?key=" + std::string(fuzz::kSecret));
    });
    require(refused.has_value(), "a refusal was accepted");
  }
  answer.status = 200;
  const auto shape = gen3::object_with_texts({"url", "uploadId"});
  const bool fits = gen3::has_shape(answer, shape);
  const auto json = try_parse_json(answer.body);
  const auto is_text = [&](const char* name) { return json.is_object() && !gen3::text_in(json, name).empty(); };
  require(fits == (is_text("url") && is_text("uploadId")), "a shape that is not the answer's");
  static_cast<void>(gen3::is_own_404(answer));
  const auto refused = fuzz::refusal_of([&] { gen3::not_the_service("fence: a file", answer, "https://example.org"); });
  require(refused && refused->what.find("fence") != std::string::npos, "another service's answer was accepted");
  return 0;
}
