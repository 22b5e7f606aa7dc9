// What fence answers: users, buckets, signed URLs, multipart uploads, access tokens. The first line names the call.

#include "canned_commons.hpp"
#include "gen3/fence.hpp"

namespace {

using namespace etl;
using namespace std::chrono_literals;

constexpr auto guid = "dg.1234/7d0c1b7c-3f44-5d6c-8a3c-0f1a3e5b7c9d";

void call(gen3::Session& session, std::string_view name) {
  gen3::Fence fence(session);
  if (name == "user") {
    const gen3::User user = fence.user();
    static_cast<void>(user.may("fence", "create", "/programs/p/projects/c"));
  } else if (name == "buckets") {
    static_cast<void>(fence.buckets());
  } else if (name == "upload") {
    static_cast<void>(fence.upload_url(guid, "a b.txt", "bucket", 60s));
  } else if (name == "download") {
    static_cast<void>(fence.download_url(guid, 60s));
  } else if (name == "multipart") {
    const std::string upload = fence.start_multipart(guid, "a b.txt", "bucket");
    static_cast<void>(fence.part_url("key", upload, 1, "bucket", 60s));
    fence.complete_multipart("key", upload, {{1, "etag"}}, "bucket");
  } else {
    static_cast<void>(fence.remove_file(guid));
  }
}

/// Signs in with an API key, so that the first answer is the access token.
void sign_in(std::string_view script) {
  fuzz::set_answers(script);
  net::HttpClient http;
  static_cast<void>(fuzz::refusal_of([&] {
    gen3::Session session({.endpoint = "https://commons.example.org",
                           .key = gen3::ApiKey{std::string(fuzz::kSecret), "key-id", {}, "credentials.json"},
                           .access_token = {}},
                          http);
    static_cast<void>(gen3::Fence(session).user());
  }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  if (fuzz::holds_secret(text)) return 0;  // only @TOKEN@ stands for it
  if (text.starts_with("token\n")) {
    sign_in(text.substr(6));
  } else {
    fuzz::ask_the_commons(text, {"/user/"}, call);
  }
  return 0;
}
