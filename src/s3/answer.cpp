#include "s3/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <pugixml.hpp>

#include "base/error.hpp"
#include "base/text.hpp"
#include "net/unexpected_answer.hpp"

namespace etl::s3 {
namespace {

struct Denial {
  std::string_view code;
  std::string_view cause;
};

// Codes: "Error responses" of the Amazon S3 API reference, "Common errors" of STS.
constexpr std::array kDenials{
    Denial{"InvalidAccessKeyId",
           "the service does not know this key id: it was deleted, or belongs to another service "
           "(check endpoint_url and the profile)"},
    Denial{"SignatureDoesNotMatch",
           "the secret does not belong to the key id, or something between changed the "
           "request's host, path or query (a proxy, another endpoint's name)"},
    Denial{"AccessDenied", "the key is valid, but no policy allows this on the bucket, or a signed URL has expired"},
    Denial{"RequestTimeTooSkewed", "set the clock of this machine: it differs too much from the clock of the service"},
    Denial{"ExpiredToken", "the session's token has expired: get a new one"},
    Denial{"TokenRefreshRequired", "the session's token has expired: get a new one"},
    Denial{"InvalidToken", "the session's token does not belong to the key"},
    Denial{"ExpiredTokenException", "the service account's token has expired: the pod's mounted token is not renewed"},
    Denial{"InvalidIdentityToken", "the role does not trust this service account's token issuer"},
    Denial{"AccountProblem", "the AWS account is closed or owes money"},
    Denial{"AllAccessDisabled", "all access to the bucket is disabled"},
    Denial{"InvalidObjectState", "the object is archived; it must be restored before it can be read"},
    Denial{"NotSignedUp", "the account has not signed up for S3"},
};

/// Refusals that AWS answers with 400.
bool is_denial(const ErrorAnswer& reason) {
  constexpr std::array codes{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken",
                             "InvalidIdentityToken"};
  return std::find(codes.begin(), codes.end(), reason.code) != codes.end();
}

/// The region that S3 names in a message (`the region 'eu-west-1' is wrong; expecting 'us-east-1'`) or in the name of
/// the endpoint that it redirects to (`bucket.s3.eu-west-1.amazonaws.com`).
std::string region_in(std::string_view message, std::string_view endpoint) {
  const auto word_at = [](std::string_view text, std::size_t begin) {
    while (begin < text.size() && (text[begin] == '\'' || text[begin] == '"' || text[begin] == ' ')) ++begin;
    std::size_t end = begin;
    while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '-')) ++end;
    return std::string(text.substr(begin, end - begin));
  };
  constexpr std::string_view expecting = "expecting";
  if (const auto at = message.rfind(expecting); at != std::string_view::npos)
    return word_at(message, at + expecting.size());
  for (const std::string_view mark : {".s3.", ".s3-"}) {
    const auto at = endpoint.find(mark);
    const auto end = endpoint.find(".amazonaws.com");
    if (at == std::string_view::npos || end == std::string_view::npos || end <= at + mark.size()) continue;
    return word_at(endpoint, at + mark.size());
  }
  return {};
}

bool is_wrong_region(long status, const ErrorAnswer& reason) {
  // A presigned URL and a signed header have a code each, which stands for other faults of the signature, too.
  const bool malformed =
      reason.code == "AuthorizationHeaderMalformed" || reason.code == "AuthorizationQueryParametersError";
  return status == 301 || status == 307 || reason.code == "PermanentRedirect" ||
         reason.code == "IllegalLocationConstraintException" || (malformed && !reason.region.empty());
}

std::string wrong_region_hint(const ErrorAnswer& reason) {
  return reason.region.empty() ? "check region and endpoint: the bucket is at another one"
                               : fmt::format(
                                     "the bucket is in the region {}: pass --region {}, or set AWS_REGION or the "
                                     "profile's region",
                                     reason.region, reason.region);
}

bool is_transient(long status, const ErrorAnswer& reason) {
  constexpr std::array codes{"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "OperationAborted"};
  return status == 429 || status >= 500 || std::find(codes.begin(), codes.end(), reason.code) != codes.end();
}

std::string hint_for(const ErrorAnswer& reason) {
  if (reason.code == "NoSuchBucket") return "check the name of the bucket, the endpoint and the account";
  if (reason.code == "NoSuchKey") return "check the object's key";
  return explain_denial(reason.code);
}

}  // namespace

ErrorAnswer parse_error_answer(const net::Response& response) {
  ErrorAnswer reason;
  if (const auto region = response.header("x-amz-bucket-region")) reason.region = printable(*region);
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size())) return reason;
  pugi::xml_node error = document.document_element();
  if (std::string_view(error.name()) == "ErrorResponse") error = error.child("Error");  // STS
  if (std::string_view(error.name()) != "Error") return reason;
  reason.code = printable(error.child_value("Code"));
  reason.message = printable(error.child_value("Message"));
  if (reason.region.empty()) reason.region = printable(error.child_value("Region"));
  if (reason.region.empty()) reason.region = printable(region_in(reason.message, error.child_value("Endpoint")));
  return reason;
}

std::string explain_denial(std::string_view code) {
  const auto* const found =
      std::find_if(kDenials.begin(), kDenials.end(), [&](const Denial& denial) { return denial.code == code; });
  return found == kDenials.end() ? std::string() : std::string(found->cause);
}

std::string explain(long status, const ErrorAnswer& reason) {
  return is_wrong_region(status, reason) ? wrong_region_hint(reason) : explain_denial(reason.code);
}

bool has_etag(const net::Response& response) { return !response.ok() || !response.header("ETag").value_or("").empty(); }

void not_s3(const net::Response& response, const std::string& where) {
  throw net::UnexpectedAnswerError(
      fmt::format("HTTP {}, but this is not an answer of S3: {}", response.status,
                  has_etag(response) ? "its body has an unexpected form" : "it has no ETag"),
      where,
      "check that the endpoint (endpoint_url, AWS_ENDPOINT_URL) is an S3 service and that no proxy answers for it");
}

void refuse(const net::Response& response, const std::string& where) {
  refuse(response.status, parse_error_answer(response), where);
}

void refuse(long status, const ErrorAnswer& reason, const std::string& where) {
  auto what = fmt::format("S3 answered HTTP {}", status);
  if (!reason.code.empty()) what += ": " + reason.code;
  if (!reason.message.empty()) what += fmt::format(" ({})", reason.message);
  if (is_wrong_region(status, reason)) {
    throw NotAllowedError(what, where, wrong_region_hint(reason));
  }
  // A property of the object, not of the key.
  if (reason.code == "InvalidObjectState") throw RefusedError(what, where, hint_for(reason));
  if (status == 401 || status == 403 || is_denial(reason)) {
    const auto cause = hint_for(reason);
    throw NotAllowedError(what, where, cause.empty() ? "check the key and its rights" : cause);
  }
  if (is_transient(status, reason)) throw UnavailableError(what, where, "run again later");
  throw RefusedError(what, where, hint_for(reason));
}

}  // namespace etl::s3
