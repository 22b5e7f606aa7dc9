#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/http.hpp"

/// What S3 (and STS) say when they do not do something.
namespace etl::s3 {

/// <Error><Code>…</Code><Message>…</Message></Error>; empty members where the answer had none.
struct ErrorAnswer {
  std::string code;
  std::string message;
  std::string region;  ///< where the bucket is, when it was asked for in another region
};
[[nodiscard]] ErrorAnswer parse_error_answer(const net::Response& response);

/// The usual cause of a refusal, for people, by S3's error code; empty for a code that speaks for itself.
[[nodiscard]] std::string explain_denial(std::string_view code);
/// The same, and what to do when the bucket is in another region.
[[nodiscard]] std::string explain(long status, const ErrorAnswer& reason);

/// Is this an answer of S3 to PUT, GET or HEAD of an object, as far as its head tells? S3 always sends an ETag with
/// 2xx. What is not 2xx is not looked at.
[[nodiscard]] bool has_etag(const net::Response& response);
/// Throws net::UnexpectedAnswerError: "this is not an answer of S3".
[[noreturn]] void not_s3(const net::Response& response, const std::string& where);

/// Throws what an answer other than 2xx means, with S3's code and message: NotAllowedError (a key, a signature, a
/// right, the wrong region), UnavailableError (5xx, 429, and what S3 wants to be repeated), RefusedError (the rest:
/// NoSuchBucket, an archived object). `where` is an address or bucket/key.
[[noreturn]] void refuse(const net::Response& response, const std::string& where);
[[noreturn]] void refuse(long status, const ErrorAnswer& reason, const std::string& where);

}  // namespace etl::s3
