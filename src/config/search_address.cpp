#include "config/search_address.hpp"

#include <string>

namespace etl::config {

std::optional<Value> search_address(const Settings& settings, const Environment& environment) {
  if (auto url = settings.get("search.url")) return url;
  constexpr std::string_view scheme = "tcp://";
  for (const char* name : {"GEN3_ELASTICSEARCH_MASTER_PORT", "ELASTICSEARCH_PORT"}) {
    const auto value = environment(name);
    if (!value || !value->starts_with(scheme)) continue;
    return Value{"http://" + value->substr(scheme.size()), std::string("environment ") + name, false};
  }
  return std::nullopt;
}

}  // namespace etl::config
