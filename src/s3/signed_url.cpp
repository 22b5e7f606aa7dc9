#include "s3/signed_url.hpp"
#include "s3/send.hpp"

#include <charconv>

namespace etl::s3 {
namespace {

SignedResult send(net::HttpClient& http, net::Request& request) {
  SignedResult result;
  request.accept = has_etag;
  result.address = net::without_query(request.url);
  result.response = send_to_s3(http, request);
  if (!has_etag(result.response)) not_s3(result.response, result.address);
  if (!result.response.ok()) {
    result.reason = parse_error_answer(result.response);
    result.cause = explain(result.response.status, result.reason);
  }
  return result;
}

}  // namespace

SignedResult get_signed(net::HttpClient& http, Client& client, const std::string& bucket, const std::string& key,
                        std::chrono::seconds expires, net::BodySink* sink) {
  net::Request request;
  request.url = client.presign("GET", bucket, key, expires);
  request.sink = sink;
  request.ca_file = client.profile().ca_bundle;
  auto result = send(http, request);
  if (result.response.ok()) {
    const auto length = result.response.header("Content-Length").value_or("");
    std::from_chars(length.data(), length.data() + length.size(), result.bytes);
  }
  return result;
}

SignedResult put_signed(net::HttpClient& http, Client& client, const std::string& bucket, const std::string& key,
                        std::chrono::seconds expires, net::BodySource& body) {
  net::Request request;
  request.method = "PUT";
  request.url = client.presign("PUT", bucket, key, expires);
  request.source = &body;
  request.ca_file = client.profile().ca_bundle;
  auto result = send(http, request);
  if (result.response.ok()) result.bytes = body.size();
  return result;
}

}  // namespace etl::s3
