#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "stand_in/request.hpp"

namespace etl::stand_in {

using Handler = std::function<Answer(const Request&)>;

struct Route {
  std::string method;
  std::string pattern;  ///< as it was added: what requests are counted by
  Handler handler;
  std::vector<std::string> segments;
};

/// Which handler a path belongs to. A pattern's `{name}` is one segment of the path, `{name*}` is one or more (a GUID
/// may hold a slash). Of several that fit, the one added first counts.
class Router {
 public:
  void add(const std::string& method, const std::string& pattern, Handler handler);

  struct Found {
    const Route* route = nullptr;  ///< null: nothing fits
    bool other_method = false;     ///< … but would for another method
  };
  /// Fills request.captured.
  Found find(Request& request) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace etl::stand_in
