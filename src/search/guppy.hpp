#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.hpp"

/// guppy, which answers the portal's queries from the search indexes. It reads their fields when it starts, and once
/// more when it is told to; after that guppy 0.20 answers no query until it is restarted (docs/search-server.md).
namespace etl::search {

/// How guppy is restarted in a commons.
inline constexpr const char* kRestartGuppy = "kubectl rollout restart deployment/guppy-deployment";

/// UsageError when it is no http(s) address.
void check_guppy_url(const std::string& url);

class Guppy {
 public:
  /// `url`: where `/graphql` and `/_refresh` are: https://commons.example.org/guppy. See check_guppy_url().
  Guppy(std::string url, std::stop_token stop);

  /// Names of the fields that guppy knows of a type; nothing when it is not configured with this type.
  /// UnavailableError when it cannot be reached or answers with an error of its own; net::UnexpectedAnswerError when
  /// something else answers.
  [[nodiscard]] std::optional<std::vector<std::string>> fields_of(std::string_view type);

  /// Makes guppy read the fields again. NotAllowedError when this user may not, RefusedError when guppy is not
  /// configured to allow it.
  void refresh(const std::string& access_token);

 private:
  std::string url_;
  net::HttpClient http_;
};

/// What the search server has and guppy lacks.
struct GuppyGaps {
  std::vector<std::string> types;   ///< that guppy is not configured with
  std::vector<std::string> fields;  ///< "patient.gender"
};

/// A type and its fields, as they were loaded.
struct LoadedType {
  std::string name;
  std::vector<std::string> fields;
};

[[nodiscard]] GuppyGaps gaps_of(Guppy& guppy, const std::vector<LoadedType>& types);

}  // namespace etl::search
