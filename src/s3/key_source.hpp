#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "net/http.hpp"
#include "s3/profile.hpp"

namespace etl::s3 {

/// The key pair to sign with, now: a profile's own, or one that STS lends for the service account's token
/// (AssumeRoleWithWebIdentity) and that is renewed before it expires. Safe to use from many threads; one of them asks
/// STS, the others wait.
class KeySource {
 public:
  /// `http` must outlive it.
  KeySource(net::HttpClient& http, const Profile& profile);

  /// Throws UsageError when the mounted token cannot be read, NotAllowedError when STS refuses it, UnavailableError
  /// when STS does not answer.
  [[nodiscard]] Credentials current();

 private:
  using Clock = std::chrono::system_clock;

  void assume_role();

  net::HttpClient& http_;
  std::optional<WebIdentity> identity_;
  std::mutex mutex_;
  std::optional<Credentials> key_;
  Clock::time_point expires_ = Clock::time_point::max();
};

}  // namespace etl::s3
