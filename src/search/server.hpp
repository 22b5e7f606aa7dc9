#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "net/http.hpp"
#include "search/address.hpp"

namespace etl::search {

/// Which server it is; `GET /` tells.
struct ServerVersion {
  std::string distribution;  ///< "opensearch" or "elasticsearch"
  std::string number;        ///< "2.19.1"
  unsigned major = 0;

  [[nodiscard]] std::string str() const { return distribution + " " + number; }
  /// Elasticsearch 6 still has mapping types. Calls with documents and mappings name the type `_doc` there.
  [[nodiscard]] bool has_mapping_types() const noexcept { return distribution == "elasticsearch" && major < 7; }
};

/// One Elasticsearch (6.8, 7) or OpenSearch (1, 2) server. Safe to use from several threads.
///
/// Every call throws UnavailableError when the server cannot be reached, NotAllowedError for 401 and 403, RefusedError
/// for other refusals, and net::UnexpectedAnswerError when something else answers. Paths begin with `/`; names in them
/// must be percent-encoded (net/encode.hpp).
class Server {
 public:
  /// Asks for the version. RefusedError when it is not one of those above.
  explicit Server(ServerAddress address, std::stop_token stop = {});
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] const ServerVersion& version() const noexcept { return version_; }
  [[nodiscard]] const std::string& url() const noexcept { return address_.url; }
  [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }

  /// The document of a 2xx answer. `what` is for errors: "create the index x". A request is repeated after a broken
  /// connection only where that does no harm.
  nlohmann::json get(const std::string& what, const std::string& path);
  nlohmann::json put(const std::string& what, const std::string& path, const nlohmann::json& body);
  nlohmann::json post(const std::string& what, const std::string& path, const nlohmann::json& body,
                      bool repeatable = true);
  nlohmann::json remove(const std::string& what, const std::string& path);
  /// The same, but nothing when the server answers 404.
  std::optional<nlohmann::json> find(const std::string& what, const std::string& path);

  /// The answer as it is, whatever its status.
  net::Response send(const std::string& method, const std::string& path, std::string body = {},
                     std::optional<bool> repeatable = std::nullopt);
  /// The same for cleaning up: also after a stop was requested, with little patience.
  net::Response send_last(const std::string& method, const std::string& path, std::string body = {});
  /// A bulk request: sent once, without retries of its own. `body` is lent, not copied. `gzip`: it is compressed.
  net::Response send_bulk(const std::string& path, std::string& body, bool gzip);

 private:
  nlohmann::json call(const std::string& what, const std::string& method, const std::string& path,
                      const nlohmann::json* body, bool repeatable);
  [[nodiscard]] net::Request request(const std::string& method, const std::string& path, std::string body) const;

  ServerAddress address_;
  std::stop_token stop_;
  net::HttpClient http_;
  net::HttpClient bulk_;
  net::HttpClient last_;
  ServerVersion version_;
};

/// The version that a server's answer to `GET /` gives; nothing when it is no answer of a search server.
[[nodiscard]] std::optional<ServerVersion> read_version(const nlohmann::json& answer);

}  // namespace etl::search
