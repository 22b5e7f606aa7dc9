#include "gen3/settings.hpp"

#include <filesystem>
#include <system_error>

#include "gen3/endpoint.hpp"

namespace etl::gen3 {
namespace {

bool has_key(const config::Settings& settings) {
  if (settings.layer_of("gen3.api_key") != config::Layer::fallback) return true;
  std::error_code unreadable;
  return std::filesystem::exists(settings.require("gen3.api_key"), unreadable);
}

}  // namespace

bool has_commons(const config::Settings& settings) {
  return settings.get("gen3.endpoint") || settings.get("gen3.access_token") || has_key(settings);
}

Session::Options session_options(const config::Settings& settings) {
  Session::Options options;
  if (const auto endpoint = settings.get("gen3.endpoint")) {
    options.endpoint = endpoint->text;
    options.endpoint_origin = endpoint->origin;
  }
  if (const auto token = settings.get("gen3.access_token")) {
    options.access_token = token->text;
    options.access_token_origin = token->origin;
  } else if (has_key(settings)) {
    options.key = read_api_key(settings.require("gen3.api_key"));
  }
  require_safe_endpoint(settings, options);
  return options;
}

}  // namespace etl::gen3
