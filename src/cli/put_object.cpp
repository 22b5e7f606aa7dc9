#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/lib/aws_options.hpp"
#include "cli/lib/describe.hpp"
#include "cli/lib/options.hpp"
#include "cli/lib/print.hpp"
#include "net/file_source.hpp"
#include "s3/signed_url.hpp"

namespace etl::cli {
namespace {

constexpr std::string_view kTestContent = "written by aced-etl put-object to see whether it may\n";

struct PutObjectOptions {
  std::string bucket;
  std::string key;
  std::string action;
  std::string body;
  std::string out;
  std::int64_t expires = 3600;
  s3::ProfileChoice aws;
};

class TextSource : public net::BodySource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] std::uint64_t size() const override { return text_.size(); }
  std::size_t read(std::span<char> to) override {
    const auto count = text_.copy(to.data(), to.size(), at_);
    at_ += count;
    return count;
  }
  void rewind() override { at_ = 0; }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class FileSink : public net::BodySink {
 public:
  explicit FileSink(const std::string& path) : path_(path) {}
  void begin(const net::Response& /*head*/) override { file_.emplace(path_, true, Access::owner); }
  void write(std::string_view bytes) override { file_->write(bytes); }
  void commit() {
    if (file_) file_->commit();
  }

 private:
  std::string path_;
  std::optional<AtomicFile> file_;
};

/// What `put` sends, and its name for the result.
struct Body {
  std::unique_ptr<net::BodySource> source;
  std::string name;
};

std::unique_ptr<net::BodySource> open_body(const std::string& file) {
  try {
    return std::make_unique<net::FileSource>(file);
  } catch (const InputError& error) {
    throw UsageError(fmt::format("cannot read the file that --body names: {}", error.what()), error.where(),
                     did_you_mean_path(file, "name a regular file, or - for the standard input"));
  }
}

/// Without --body it is the local file that is named like the key, as in AWS's example script for presigned URLs, or a
/// line of text where there is no such file.
Body body_of(const PutObjectOptions& options) {
  if (options.body == "-") return {std::make_unique<TextSource>(read_standard_input()), "standard input"};
  if (!options.body.empty()) return {open_body(options.body), "file " + options.body};
  std::error_code ignored;
  if (std::filesystem::is_regular_file(options.key, ignored)) {
    return {std::make_unique<net::FileSource>(options.key), "file " + options.key};
  }
  return {std::make_unique<TextSource>(std::string(kTestContent)),
          fmt::format("a line of text (the file {} does not exist)", options.key)};
}

nlohmann::ordered_json result_of(const PutObjectOptions& options, const s3::Client& client,
                                 const s3::SignedResult& done, const std::string& body) {
  const auto& profile = client.profile();
  nlohmann::ordered_json result{
      {"action", options.action}, {"address", done.address}, {"status", done.response.status}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) result[name] = value;
  };
  add("body", body);
  if (done.response.ok()) {
    result["bytes"] = done.bytes;
    add("etag", done.response.header("ETag").value_or(""));
  }
  add("code", done.reason.code);
  add("message", done.reason.message);
  add("cause", done.cause);
  add("signed_with", profile.credentials.origin());
  add("region", fmt::format("{} ({})", profile.region.text, profile.region.origin));
  return result;
}

/// A file that was got goes to --out, or into the structured result, or is the result.
void show(const Context& context, const PutObjectOptions& options, const s3::Client& client,
          const s3::SignedResult& done, const std::string& body) {
  auto result = result_of(options, client, done, body);
  const bool got_text = options.action == "get" && options.out.empty() && done.response.ok();
  if (got_text && context.output == Output::table) {
    write_content(done.response.body);
    log::info("get {}: HTTP {}, {} bytes", done.address, done.response.status, done.bytes);
    return;
  }
  if (got_text) result["content"] = done.response.body;
  print_result(context, result);
}

void run(const Context& context, const PutObjectOptions& options) {
  if (options.action == "put" ? !options.out.empty() : !options.body.empty()) {
    throw UsageError("--body is an option of put, and --out of get", {}, "leave out the option of the other one");
  }
  net::HttpOptions http_options;
  http_options.attempts = 3;  // it is asked whether it works, by someone who waits
  http_options.first_wait = std::chrono::milliseconds(100);
  net::HttpClient http(http_options);
  s3::Client client(http, s3::read_profile(options.aws));
  const std::chrono::seconds expires(options.expires);
  std::optional<FileSink> file;
  if (!options.out.empty()) file.emplace(options.out);
  std::string body_name;
  s3::SignedResult done;
  if (options.action == "put") {
    const Body body = body_of(options);
    body_name = body.name;
    done = s3::put_signed(http, client, options.bucket, options.key, expires, *body.source);
  } else {
    done = s3::get_signed(http, client, options.bucket, options.key, expires, file ? &*file : nullptr);
  }
  if (file && done.response.ok()) file->commit();
  show(context, options, client, done, body_name);
  if (!done.response.ok()) client.refuse_bucket(done.response, options.bucket, done.address);
}

}  // namespace

void add_put_object(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("put-object");
  describe(
      *command,
      {.summary = "put or get one object with a presigned URL, to test a key and a bucket",
       .text =
           "Signs a URL with the key of an AWS profile, as fence does for its users, sends the request, and "
           "prints the status and the answer. `put` sends the local file that is named like KEY, or a line of text if "
           "there is no such file. A refusal is explained: an unknown key, a wrong secret, a "
           "missing permission, a wrong clock, another region (exit 4), no such bucket or key, an archived "
           "object (exit 7), no service (exit 5). Profiles, keys, regions and endpoints are found where the "
           "AWS CLI finds them. The program is this command when it is called as put_object.",
       .examples = {{"AWS_PROFILE=fencebot aced-etl put-object BUCKET test2.txt put", "may fencebot write there?"},
                    {"aced-etl put-object BUCKET test2.txt get --profile etlbot", "may etlbot read it?"},
                    {"aced-etl put-object BUCKET a/b.bin put --body b.bin --endpoint-url http://minio:9000",
                     "a file, to an S3 service other than AWS"}}});
  auto options = std::make_shared<PutObjectOptions>();
  command->add_option("bucket", options->bucket, "the bucket's name")->type_name("BUCKET")->required();
  command->add_option("key", options->key, "the object's key")->type_name("KEY")->required();
  command->add_option("action", options->action, "what to do with it")
      ->check(one_of("ACTION", {"get", "put"}))
      ->required();
  command
      ->add_option(
          "--body", options->body,
          "the file to put; - is standard input [default: the local file that is named like KEY, else a line of text]")
      ->type_name("FILE");
  command->add_option("--out", options->out, "get into this file [default: stdout]")->type_name("FILE");
  command->add_option("--expires", options->expires, "seconds for which the URL is valid, up to 7 days")
      ->type_name("S")
      ->capture_default_str();
  add_aws_options(*command, options->aws);
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace etl::cli
