#pragma once

#include <mutex>
#include <optional>

#include "net/http.hpp"
#include "s3/credential_source.hpp"
#include "s3/lent_key.hpp"

namespace etl::s3 {

/// The key pair to sign with, now. A temporary key is renewed before it expires; when renewal fails while the old key
/// is still valid, the old key is used and the next call tries again. Safe to use from many threads; one of them
/// renews, the others wait.
class KeySource {
 public:
  /// `http` must outlive it. `ca_bundle`: as Profile::ca_bundle.
  KeySource(net::HttpClient& http, CredentialSource source, std::string ca_bundle = {});

  /// UsageError when the source is misconfigured (an unreadable token, a process that fails, no metadata service),
  /// NotAllowedError when a service refuses to lend a key, UnavailableError when it does not answer.
  [[nodiscard]] Credentials current();

 private:
  using Clock = std::chrono::system_clock;

  net::HttpClient& http_;
  CredentialSource source_;
  std::string ca_bundle_;
  std::mutex mutex_;
  std::optional<LentKey> lent_;
};

}  // namespace etl::s3
