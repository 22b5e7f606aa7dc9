#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "gen3/token.hpp"
#include "net/http.hpp"

namespace etl::gen3 {

/// A call of a service at its public path.
struct Call {
  std::string method = "GET";
  std::string path;  ///< from the commons' address on, percent-encoded, with its query: `/index/index/…`
  std::optional<nlohmann::json> body = std::nullopt;
  std::string body_text{};  ///< JSON that is sent as it is, where there is no `body`
  bool with_token = true;
  std::optional<bool> repeatable = std::nullopt;       ///< see net::Request
  std::function<bool(const net::Response&)> accept{};  ///< see net::Request
};

/// One user's calls of one commons. Safe from many threads.
class Session {
 public:
  struct Options {
    std::string endpoint;              ///< empty: where key or token were issued
    std::string endpoint_origin = {};  ///< what set it: `environment GEN3_ENDPOINT`
    std::optional<ApiKey> key;         ///< gets access tokens
    std::string access_token;          ///< used instead of the key's, and never renewed; empty for none
    std::string access_token_origin = "ACCESS_TOKEN";
  };
  /// UsageError when neither key nor token nor endpoint says where the commons is, or when the endpoint is not an
  /// http(s) address or holds a user, a password or a query: it would be shown, and name files of state.
  Session(Options options, net::HttpClient& http);

  [[nodiscard]] const std::string& endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] net::HttpClient& http() const noexcept { return http_; }

  /// A token that is good for a while: fetched when it is first needed, and anew before it expires, by one thread for
  /// all. Throws NotAllowedError when the key is expired or refused, UsageError without key and token.
  [[nodiscard]] std::string access_token();

  /// The answer, whatever its status. A 401 means many things here: the token is renewed once and the call repeated;
  /// a second 401 is the answer.
  net::Response call(const Call& call);

  /// Is there a key or a token to send?
  [[nodiscard]] bool has_credentials() const { return options_.key || !options_.access_token.empty(); }

  /// The name of the user whose key or token it is, as the token says; empty when it says none.
  [[nodiscard]] std::string user() const;

  /// The address of a call as it may be shown.
  [[nodiscard]] std::string address(const Call& call) const {
    return endpoint_ + call.path.substr(0, call.path.find('?'));
  }

 private:
  [[nodiscard]] std::string token_after(const std::string& refused);
  void renew();
  net::Response send(const net::Request& request, const std::string& path);

  Options options_;
  std::string endpoint_;
  net::HttpClient& http_;
  std::mutex mutex_;
  std::string token_;
  std::chrono::steady_clock::time_point good_until_{};
  std::exception_ptr refused_;  ///< why fence refused the key: it is asked once
  std::string in_vain_;         ///< a new token that was refused as the one before it: the token is not what is wrong
};

}  // namespace etl::gen3
