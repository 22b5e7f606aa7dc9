#include "s3/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <pugixml.hpp>

#include "base/error.hpp"
#include "base/text.hpp"

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
    Denial{"AccessDenied", "the key is good, but no policy allows it this on the bucket, or a signed URL has expired"},
    Denial{"RequestTimeTooSkewed", "this machine's clock differs too much from the service's: set it"},
    Denial{"ExpiredToken", "the session's token has expired: get a new one"},
    Denial{"TokenRefreshRequired", "the session's token has expired: get a new one"},
    Denial{"InvalidToken", "the session's token does not belong to the key"},
    Denial{"ExpiredTokenException", "the service account's token has expired: the pod's mounted token is not renewed"},
    Denial{"InvalidIdentityToken", "the role does not trust this service account's token issuer"},
    Denial{"AccountProblem", "the AWS account is closed or owes money"},
    Denial{"AllAccessDisabled", "all access to the bucket is switched off"},
    Denial{"InvalidObjectState", "the object is archived; it must be restored before it can be read"},
    Denial{"NotSignedUp", "the account has not signed up for S3"},
};

/// Refusals that AWS answers with 400.
bool is_denial(const Fault& fault) {
  constexpr std::array codes{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "InvalidToken",
                             "InvalidIdentityToken"};
  return std::find(codes.begin(), codes.end(), fault.code) != codes.end();
}

/// The region in a message such as "the region 'us-west-2' is wrong; expecting 'us-east-1'"; empty when there is none.
std::string expected_region(std::string_view message) {
  constexpr std::string_view mark = "expecting ";
  const auto at = message.find(mark);
  if (at == std::string_view::npos) return {};
  message.remove_prefix(at + mark.size());
  if (message.starts_with('\'') || message.starts_with('"')) message.remove_prefix(1);
  return std::string(message.substr(0, message.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-")));
}

bool is_wrong_region(long status, const Fault& fault) {
  // A presigned URL and a signed header have a code each, which stands for other faults of the signature, too.
  const bool malformed =
      fault.code == "AuthorizationHeaderMalformed" || fault.code == "AuthorizationQueryParametersError";
  return status == 301 || status == 307 || fault.code == "PermanentRedirect" ||
         fault.code == "IllegalLocationConstraintException" || (malformed && !fault.region.empty());
}

std::string wrong_region_hint(const Fault& fault) {
  return fault.region.empty() ? "the bucket is in another region, or at another endpoint: check both"
                              : fmt::format(
                                    "the bucket is in the region {}: pass --region {}, or set AWS_REGION or the "
                                    "profile's region",
                                    fault.region, fault.region);
}

bool is_transient(long status, const Fault& fault) {
  constexpr std::array codes{"RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "OperationAborted"};
  return status == 429 || status >= 500 || std::find(codes.begin(), codes.end(), fault.code) != codes.end();
}

std::string hint_for(const Fault& fault) {
  if (fault.code == "NoSuchBucket") return "check the bucket's name, and the endpoint and account it is asked of";
  if (fault.code == "NoSuchKey") return "check the object's key";
  return explain_denial(fault.code);
}

}  // namespace

Fault parse_fault(const net::Response& response) {
  Fault fault;
  if (const auto region = response.header("x-amz-bucket-region")) fault.region = *region;
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size())) return fault;
  pugi::xml_node error = document.document_element();
  if (std::string_view(error.name()) == "ErrorResponse") error = error.child("Error");  // STS
  if (std::string_view(error.name()) != "Error") return fault;
  fault.code = printable(error.child_value("Code"));
  fault.message = printable(error.child_value("Message"));
  if (fault.region.empty()) fault.region = printable(error.child_value("Region"));
  if (fault.region.empty()) fault.region = expected_region(fault.message);
  return fault;
}

std::string explain_denial(std::string_view code) {
  const auto* const found =
      std::find_if(kDenials.begin(), kDenials.end(), [&](const Denial& denial) { return denial.code == code; });
  return found == kDenials.end() ? std::string() : std::string(found->cause);
}

std::string explain(long status, const Fault& fault) {
  return is_wrong_region(status, fault) ? wrong_region_hint(fault) : explain_denial(fault.code);
}

void refuse(const net::Response& response, const std::string& where) {
  refuse(response.status, parse_fault(response), where);
}

void refuse(long status, const Fault& fault, const std::string& where) {
  auto what = fmt::format("S3 answered HTTP {}", status);
  if (!fault.code.empty()) what += ": " + fault.code;
  if (!fault.message.empty()) what += fmt::format(" ({})", fault.message);
  if (is_wrong_region(status, fault)) {
    throw NotAllowedError(what, where, wrong_region_hint(fault));
  }
  // A property of the object, not of the key.
  if (fault.code == "InvalidObjectState") throw RefusedError(what, where, hint_for(fault));
  if (status == 401 || status == 403 || is_denial(fault)) {
    const auto cause = hint_for(fault);
    throw NotAllowedError(what, where, cause.empty() ? "check the key and its rights" : cause);
  }
  if (is_transient(status, fault)) throw UnavailableError(what, where, "run again later");
  throw RefusedError(what, where, hint_for(fault));
}

}  // namespace etl::s3
