#include "s3/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <span>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/identifier.hpp"
#include "base/suggestion.hpp"
#include "net/encode.hpp"
#include "s3/answer.hpp"
#include "s3/send.hpp"
#include "s3/sign.hpp"
#include "s3/xml.hpp"

namespace etl::s3 {
namespace {

/// S3 may give an empty page that is not the last one, but not for ever.
constexpr unsigned most_empty_pages = 1000;

std::string without_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

std::string with_quotes(const std::string& etag) { return fmt::format("\"{}\"", without_quotes(etag)); }

std::uint64_t to_number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The whole object's size, also where the answer is a range of it ("bytes 0-9/443").
std::uint64_t whole_size(const net::Response& response) {
  if (const auto range = response.header("Content-Range")) {
    return to_number(std::string_view(*range).substr(range->rfind('/') + 1));
  }
  return to_number(response.header("Content-Length").value_or("0"));
}

Object described(const std::string& key, const net::Response& response) {
  return {key, whole_size(response), without_quotes(response.header("ETag").value_or("")),
          parse_http_time(response.header("Last-Modified").value_or("")).value_or(TimePoint{})};
}

std::string digest_of(net::BodySource& body) {
  Sha256 digest;
  std::array<char, 65536> buffer{};
  body.rewind();
  while (const auto count = body.read(buffer)) digest.add({buffer.data(), count});
  return digest.hex();
}

net::Headers headers_of(const PutOptions& options) {
  auto headers = options.headers;
  if (!options.content_type.empty()) headers.push_back({"Content-Type", options.content_type});
  if (!options.content_md5.empty()) headers.push_back({"Content-MD5", options.content_md5});
  return headers;
}

/// S3 answers 200 to the completion of an upload before it knows, and says in the body how it went.
void refuse_late_fault(const net::Response& response, const std::string& where) {
  const auto reason = parse_error_answer(response);
  if (!reason.code.empty()) refuse(reason.code == "InternalError" ? 500 : 400, reason, where);
}

/// For calls whose answer is a document, which may also be an <Error> with status 200.
std::function<bool(const net::Response&)> document(const char* root) {
  return [root](const net::Response& response) {
    return is_document(response.body, root) || !parse_error_answer(response).code.empty();
  };
}

bool is_removal(const net::Response& response) { return response.status == 204 || response.body.empty(); }

[[noreturn]] void stuck(const std::string& where) {
  throw UnavailableError("the list of objects does not advance: S3 returned the same continuation token twice", where,
                         "run again; if it persists, check the S3 service and the proxies before it");
}

std::string upload_query(const std::string& upload) { return "uploadId=" + net::percent_encode(upload); }

}  // namespace

/// One request before it is signed.
struct Client::Call {
  std::string method;
  const std::string& bucket;
  const std::string& key;  ///< empty: the bucket, or without a bucket the account
  std::string query{};
  net::Headers headers{};
  std::string body{};
  net::BodySource* source = nullptr;
  net::BodySink* sink = nullptr;
  bool repeatable = true;
  /// Is a 2xx S3's own answer to this call?
  std::function<bool(const net::Response&)> own = has_etag;

  [[nodiscard]] std::string where() const { return key.empty() ? bucket : bucket + '/' + key; }
};

Client::Client(net::HttpClient& http, Profile profile, net::RetryPolicy retry, std::stop_token stop)
    : http_(http),
      profile_(std::move(profile)),
      address_(profile_),
      keys_(http, profile_.credentials, profile_.ca_bundle),
      retry_(retry),
      stop_(std::move(stop)) {}

net::Response Client::send_once(const Call& call) {
  net::Request request;
  request.method = call.method;
  request.url = (call.bucket.empty() ? address_.endpoint() + "/" : address_.url(call.bucket, call.key)) +
                (call.query.empty() ? "" : "?" + call.query);
  request.headers = call.headers;
  request.body = call.body;
  request.source = call.source;
  request.sink = call.sink;
  request.repeatable = call.repeatable;
  request.ca_file = profile_.ca_bundle;
  request.accept = [&](const net::Response& response) { return !response.ok() || call.own(response); };
  std::string payload;
  if (call.source != nullptr) {
    // What is signed is what must not be changed on the way. TLS sees to that, and so does an MD5 that S3 compares;
    // without either the digest is worth reading the body twice.
    const bool guarded = address_.is_secure() || std::any_of(call.headers.begin(), call.headers.end(),
                                                             [](const auto& one) { return one.name == "Content-MD5"; });
    payload = guarded ? "UNSIGNED-PAYLOAD" : digest_of(*call.source);
  }
  SignContext context;
  context.region = profile_.region.text;
  sign(request, keys_.current(), context, payload);
  return send_to_s3(http_, request);
}

std::vector<std::string> Client::bucket_names() {
  static const std::string none;
  std::vector<std::string> names;
  try {
    const auto response =
        send_once({.method = "GET", .bucket = none, .key = none, .own = document("ListAllMyBucketsResult")});
    if (!response.ok()) return names;
    const Xml xml(response.body, "ListAllMyBucketsResult", address_.endpoint());
    for (const auto& node : xml.root().child("Buckets").children("Bucket")) names.push_back(text_of(node, "Name"));
  } catch (const StoppedError&) {
    throw;
  } catch (const Error&) {  // then there is nothing to suggest
    names.clear();
  }
  return names;
}

void Client::refuse_bucket(const net::Response& response, const std::string& bucket, const std::string& where) {
  const ErrorAnswer reason = parse_error_answer(response);
  if (reason.code == "NoSuchBucket") {
    if (const std::string meant = did_you_mean(bucket, bucket_names()); !meant.empty()) {
      try {
        refuse(response.status, reason, where);
      } catch (const RefusedError& error) {
        throw RefusedError(error.what(), error.where(), fmt::format("{} If not, {}", meant, error.hint()));
      }
    }
  }
  refuse(response.status, reason, where);
}

net::Response Client::send(const Call& call) {
  const auto where = call.where();
  const auto once = [&] {
    auto response = send_once(call);
    // A missing object is an answer to HEAD and DELETE.
    const bool missing = response.status == 404 && (call.method == "HEAD" || call.method == "DELETE");
    if (!response.ok() && !missing) refuse_bucket(response, call.bucket, where);
    if (call.method == "POST") refuse_late_fault(response, where);
    if (response.ok() && !call.own(response)) not_s3(response, where);
    return response;
  };
  if (!call.repeatable) return once();
  return net::retry(retry_, stop_, fmt::format("{} {}", call.method, where), once);
}

// Without encoding-type=url: AWS then writes a blank as '+', other services leave '+' as it is, and nobody can tell. As
// XML a key comes as it is; AWS writes what XML cannot hold as character references, which pugixml reads.
ListPage Client::list_page(const std::string& bucket, const ListOptions& options, const std::string& continuation) {
  auto query = fmt::format("list-type=2&max-keys={}", options.page_size);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) query += fmt::format("&{}={}", name, net::percent_encode(value));
  };
  add("prefix", options.prefix);
  add("delimiter", options.delimiter);
  add("start-after", options.start_after);
  add("continuation-token", continuation);
  const auto response =
      send({.method = "GET", .bucket = bucket, .key = {}, .query = query, .own = document("ListBucketResult")});
  const Xml xml(response.body, "ListBucketResult", bucket);
  ListPage page;
  for (const auto& node : xml.root().children("Contents")) {
    auto key = text_of(node, "Key");
    const auto size = number_of(node, "Size", bucket + '/' + key);
    page.objects.push_back({std::move(key), size, without_quotes(text_of(node, "ETag")),
                            parse_iso_time(text_of(node, "LastModified")).value_or(TimePoint{})});
  }
  for (const auto& node : xml.root().children("CommonPrefixes")) page.prefixes.push_back(text_of(node, "Prefix"));
  if (text_of(xml.root(), "IsTruncated") == "true") {
    page.next = text_of(xml.root(), "NextContinuationToken");
    if (page.next.empty())
      throw UnavailableError("S3 says that the list continues, but gives no continuation token", bucket);
  }
  return page;
}

void Client::list(const std::string& bucket, const ListOptions& options,
                  const std::function<void(const Object&)>& visit) {
  // A token that comes back, or fresh tokens for the same page, would make the list endless.
  std::set<std::string> tokens;
  std::set<std::string> first_keys;
  unsigned empty_pages = 0;
  std::string next;
  do {
    auto page = list_page(bucket, options, next);
    const bool empty = page.objects.empty() && page.prefixes.empty();
    empty_pages = empty ? empty_pages + 1 : 0;
    if (empty_pages > most_empty_pages) stuck(bucket);
    if (!empty) {
      const std::string& first = page.objects.empty() ? page.prefixes.front() : page.objects.front().key;
      if (!first_keys.insert(first).second) stuck(bucket);
    }
    if (!page.next.empty() && !tokens.insert(page.next).second) stuck(bucket);
    for (const auto& object : page.objects) visit(object);
    next = std::move(page.next);
  } while (!next.empty());
}

std::optional<Object> Client::head(const std::string& bucket, const std::string& key) {
  const auto response = send({.method = "HEAD", .bucket = bucket, .key = key});
  if (!response.ok()) return std::nullopt;
  return described(key, response);
}

Object Client::get(const std::string& bucket, const std::string& key, net::BodySink& sink, const GetOptions& options) {
  net::Headers headers;
  if (options.range)
    headers.push_back({"Range", fmt::format("bytes={}-{}", options.range->first, options.range->second)});
  if (!options.if_match.empty()) headers.push_back({"If-Match", with_quotes(options.if_match)});
  return described(key, send({.method = "GET", .bucket = bucket, .key = key, .headers = headers, .sink = &sink}));
}

std::string Client::get(const std::string& bucket, const std::string& key) {
  return send({.method = "GET", .bucket = bucket, .key = key}).body;
}

std::string Client::put(const std::string& bucket, const std::string& key, net::BodySource& body,
                        const PutOptions& options) {
  const auto response =
      send({.method = "PUT", .bucket = bucket, .key = key, .headers = headers_of(options), .source = &body});
  return without_quotes(response.header("ETag").value_or(""));
}

std::string Client::put(const std::string& bucket, const std::string& key, const std::string& body,
                        const PutOptions& options) {
  const auto response =
      send({.method = "PUT", .bucket = bucket, .key = key, .headers = headers_of(options), .body = body});
  return without_quotes(response.header("ETag").value_or(""));
}

void Client::remove(const std::string& bucket, const std::string& key) {
  const auto response = send({.method = "DELETE", .bucket = bucket, .key = key, .own = is_removal});
  const auto reason = parse_error_answer(response);
  if (reason.code == "NoSuchBucket") refuse(response.status, reason, bucket);
}

std::string Client::create_upload(const std::string& bucket, const std::string& key, const PutOptions& options) {
  // Sent twice it would leave an upload behind that nobody finishes, and that costs money.
  const auto response = send({.method = "POST",
                              .bucket = bucket,
                              .key = key,
                              .query = "uploads",
                              .headers = headers_of(options),
                              .repeatable = false,
                              .own = document("InitiateMultipartUploadResult")});
  const Xml xml(response.body, "InitiateMultipartUploadResult", bucket + '/' + key);
  std::string id = text_of(xml.root(), "UploadId");
  if (!is_opaque_token(id)) not_s3(response, bucket + '/' + key);
  return id;
}

Part Client::upload_part(const std::string& bucket, const std::string& key, const std::string& upload, unsigned number,
                         net::BodySource& body, const std::string& content_md5) {
  const auto response = send({.method = "PUT",
                              .bucket = bucket,
                              .key = key,
                              .query = fmt::format("partNumber={}&{}", number, upload_query(upload)),
                              .headers = headers_of({{}, content_md5, {}}),
                              .source = &body});
  return {number, without_quotes(response.header("ETag").value_or("")), body.size()};
}

std::string Client::complete_upload(const std::string& bucket, const std::string& key, const std::string& upload,
                                    const std::vector<Part>& parts) {
  const auto where = bucket + '/' + key;
  std::string body = "<CompleteMultipartUpload>";
  for (const auto& part : parts) {
    body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", part.number,
                        xml_escape(with_quotes(part.etag)));
  }
  body += "</CompleteMultipartUpload>";
  const auto response = send({.method = "POST",
                              .bucket = bucket,
                              .key = key,
                              .query = upload_query(upload),
                              .headers = {{"Content-Type", "application/xml"}},
                              .body = body,
                              .own = document("CompleteMultipartUploadResult")});
  const Xml xml(response.body, "CompleteMultipartUploadResult", where);
  return without_quotes(text_of(xml.root(), "ETag"));
}

void Client::abort_upload(const std::string& bucket, const std::string& key, const std::string& upload) {
  send({.method = "DELETE", .bucket = bucket, .key = key, .query = upload_query(upload), .own = is_removal});
}

std::vector<Part> Client::list_parts(const std::string& bucket, const std::string& key, const std::string& upload) {
  std::vector<Part> parts;
  std::string marker;
  std::set<std::string> markers;
  do {
    const auto response = send(
        {.method = "GET",
         .bucket = bucket,
         .key = key,
         .query = upload_query(upload) + (marker.empty() ? "" : "&part-number-marker=" + net::percent_encode(marker)),
         .own = document("ListPartsResult")});
    const Xml xml(response.body, "ListPartsResult", bucket + '/' + key);
    for (const auto& node : xml.root().children("Part")) {
      parts.push_back({static_cast<unsigned>(number_of(node, "PartNumber", bucket + '/' + key)),
                       without_quotes(text_of(node, "ETag")), number_of(node, "Size", bucket + '/' + key)});
    }
    marker = text_of(xml.root(), "IsTruncated") == "true" ? text_of(xml.root(), "NextPartNumberMarker") : "";
    if (!marker.empty() && !markers.insert(marker).second) stuck(bucket + '/' + key);
  } while (!marker.empty());
  return parts;
}

std::string Client::presign(std::string_view method, const std::string& bucket, const std::string& key,
                            std::chrono::seconds expires, std::string_view query) {
  auto url = address_.url(bucket, key);
  if (!query.empty()) url += fmt::format("?{}", query);
  SignContext context;
  context.region = profile_.region.text;
  return s3::presign(method, url, expires, keys_.current(), context);
}

}  // namespace etl::s3
