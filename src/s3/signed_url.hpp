#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "s3/answer.hpp"
#include "s3/client.hpp"

/// A request with a signed URL, as those who get such URLs from fence send it: no other credentials, no second chance.
namespace etl::s3 {

struct SignedResult {
  std::string address;  ///< without the signature
  net::Response response;
  ErrorAnswer reason;  ///< when it was refused
  std::string cause;   ///< the usual one of a refusal, for people
  std::uint64_t bytes = 0;
};

/// The object's bytes go to `sink`, or to `response.body` without one.
[[nodiscard]] SignedResult get_signed(net::HttpClient& http, Client& client, const std::string& bucket,
                                      const std::string& key, std::chrono::seconds expires, net::BodySink* sink);
[[nodiscard]] SignedResult put_signed(net::HttpClient& http, Client& client, const std::string& bucket,
                                      const std::string& key, std::chrono::seconds expires, net::BodySource& body);

}  // namespace etl::s3
