// What lends a temporary AWS key answers: STS, the agent beside a container, an instance's metadata service. The first
// line of the input names the source. `process` is the output of a credential process instead.

#include "canned_http.hpp"
#include "properties.hpp"
#include "s3/credential_process.hpp"
#include "s3/key_source.hpp"

namespace {

using namespace etl;
using fuzz::require;

constexpr std::string_view kSts = "https://sts.example.org";
constexpr std::string_view kAgent = "http://169.254.170.2/v2/credentials";
constexpr std::string_view kMetadata = "http://169.254.169.254";

s3::CredentialSource source(std::string_view name) {
  static const fuzz::MemoryFile token("token");
  token.set(fuzz::kSecret);
  const s3::Credentials key{"AKIDEXAMPLE", std::string(fuzz::kSecret), {}, "here"};
  const std::string role = "arn:aws:iam::123456789012:role/etl";
  if (name == "web identity") return {s3::WebIdentity{role, token.path(), "session", std::string(kSts), "here"}};
  if (name == "role") {
    return {s3::AssumedRole{.role_arn = role,
                            .session_name = "session",
                            .external_id = {},
                            .sts_endpoint = std::string(kSts),
                            .region = "us-east-1",
                            .origin = "here",
                            .base = std::make_shared<const s3::CredentialSource>(s3::CredentialSource{key})}};
  }
  if (name == "agent") return {s3::ContainerAgent{std::string(kAgent), std::string(fuzz::kSecret), {}, "here"}};
  return {s3::InstanceMetadata{std::string(kMetadata), "here", UsageError("there is no key")}};
}

void check(const s3::Credentials& key) {
  require(!key.access_key_id.empty() && !key.secret_access_key.empty(), "a key with an empty part was accepted");
  require(!key.origin.empty(), "a key of no origin");
  // The secret is known by now, so that nothing printed shows it; secrets of a few bytes would hide everything.
  if (key.secret_access_key.size() >= 8) {
    require(secrets::redact("key " + key.secret_access_key).find(key.secret_access_key) == std::string::npos,
            "the secret of a lent key is not known as a secret");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  if (fuzz::holds_secret(text)) return 0;  // only @TOKEN@ stands for it
  const std::string_view name = fuzz::take_field(text);
  if (name == "process") {
    static_cast<void>(fuzz::refusal_of([&] { static_cast<void>(s3::split_command(text, "here")); }));
    static_cast<void>(fuzz::refusal_of([&] {
      const s3::LentKey lent = s3::parse_lent_key(text, "here", "there");
      require(!lent.key.access_key_id.empty() && !lent.key.secret_access_key.empty(), "a key with an empty part");
    }));
    return 0;
  }
  fuzz::set_answers(text);
  // The metadata service says the role's name, which goes back to it in the path: there it may have any text.
  if (name != "web identity" && name != "role" && name != "agent" && text.find("@TOKEN@") != std::string_view::npos) {
    return 0;
  }
  net::HttpClient http;
  s3::KeySource keys(http, source(name));
  static_cast<void>(fuzz::refusal_of([&] { check(keys.current()); }));
  for (const std::string& request : fuzz::sent()) {
    fuzz::require_no_secret(request);
    std::string_view url = std::string_view(request).substr(request.find(' ') + 1);
    const bool known =
        url.starts_with(std::string(kSts) + '/') || url == kAgent || url.starts_with(std::string(kMetadata) + '/');
    require(known, "a request to elsewhere: " + request);
    for (std::string_view rest = url.substr(0, url.find('?')); !rest.empty();) {
      const std::string_view segment = fuzz::take_field(rest, '/');
      require(segment != "." && segment != "..", "a request that leaves its path: " + request);
    }
  }
  return 0;
}
