// What an S3 service answers: listings, headers, multipart uploads. The first line of the input names the call.

#include "canned_http.hpp"
#include "properties.hpp"
#include "s3/client.hpp"

namespace {

using namespace etl;
using fuzz::require;

class Discard final : public net::BodySink {
 public:
  void begin(const net::Response& /*head*/) override {}
  void write(std::string_view /*bytes*/) override {}
};

void call(s3::Client& client, std::string_view name) {
  if (name == "list") {
    client.list("bucket", {.prefix = "studies/", .delimiter = {}, .start_after = {}}, [](const s3::Object&) {});
  } else if (name == "head") {
    static_cast<void>(client.head("bucket", "a key"));
  } else if (name == "get") {
    Discard discard;
    static_cast<void>(client.get("bucket", "a/../key", discard, {.range = {{0, 9}}, .if_match = "e"}));
  } else if (name == "put") {
    static_cast<void>(client.put("bucket", "key", std::string("body")));
  } else if (name == "create") {
    static_cast<void>(client.create_upload("bucket", "key"));
  } else if (name == "complete") {
    static_cast<void>(client.complete_upload("bucket", "key", "upload&id", {{1, "\"<etag>\"", 5}}));
  } else if (name == "parts") {
    static_cast<void>(client.list_parts("bucket", "key", "upload"));
  } else {
    client.remove("bucket", "key");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  if (fuzz::holds_secret(text)) return 0;  // only @TOKEN@ stands for it
  const std::string_view name = fuzz::take_field(text);
  fuzz::set_answers(text);
  net::HttpClient http;
  s3::Profile profile;
  profile.name = "fuzz";
  profile.credentials = {s3::Credentials{"AKIDEXAMPLE", std::string(fuzz::kSecret), {}, "here"}};
  profile.region = {"us-east-1", "here"};
  profile.endpoint_url = s3::ValueWithOrigin{"https://s3.example.org", "here"};
  static_cast<void>(fuzz::refusal_of([&] {
    s3::Client client(http, profile, {.attempts = 1});
    call(client, name);
  }));
  for (const std::string& request : fuzz::sent()) {
    // The account's list of buckets is asked for when the bucket does not exist.
    const bool account = request.ends_with(" https://s3.example.org/");
    require(account || request.find(" https://s3.example.org/bucket") != std::string::npos,
            "a request to elsewhere: " + request);
    fuzz::require_no_secret(request);
  }
  return 0;
}
