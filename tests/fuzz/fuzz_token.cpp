// JSON Web Tokens and API keys. The input is a token, the JSON of one, and the file of an API key.

#include "gen3/token.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

std::string base64url(std::string_view text) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  unsigned bits = 0;
  unsigned value = 0;
  for (const char c : text) {
    value = (value << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    for (bits += 8; bits >= 6;) {
      bits -= 6;
      out += digits[value >> bits & 63U];
    }
  }
  if (bits > 0) out += digits[value << (6 - bits) & 63U];
  return out;
}

void claims_of(const std::string& token) {
  const auto refused = fuzz::refusal_of([&] {
    const gen3::Claims claims = gen3::read_claims(token, "here");
    const std::string endpoint = gen3::endpoint_of(claims);
    require(claims.issuer.starts_with(endpoint), "an endpoint that the issuer does not begin with");
    // Times are compared and subtracted.
    static_cast<void>(claims.expires - claims.issued);
    static_cast<void>(claims.expires < gen3::Clock::now());
  });
  if (refused) require(refused->code == ExitCode::invalid_input && refused->where == "here", "another error");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::string secret(fuzz::kSecret);
  claims_of(std::string(text));
  claims_of("eyJhbGciOiJSUzI1NiJ9." + base64url(text) + '.' + secret);
  claims_of(secret + base64url(text));
  static const fuzz::MemoryFile file("credentials.json");
  file.set(text);
  const auto refused = fuzz::refusal_of([&] { static_cast<void>(gen3::read_api_key(file.path())); });
  if (refused) require(refused->code == ExitCode::usage, "another error");
  return 0;
}
