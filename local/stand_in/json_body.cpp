#include "stand_in/json_body.hpp"

#include "stand_in/fence.hpp"

namespace etl::stand_in {

Json fence_body(const Request& request, const std::vector<std::string>& required) {
  if (request.content_type != kJsonType) {
    throw Refusal(fence_page(
        415, "Did not attempt to load JSON data because the request Content-Type was not 'application/json'."));
  }
  auto body = Json::parse(request.body, nullptr, false);
  if (body.is_discarded()) {
    throw Refusal(fence_page(400, "The browser (or proxy) sent a request that this server could not understand."));
  }
  if (!body.is_object() || body.empty()) {
    throw Refusal(fence_page(400, "wrong Content-Type; expected application/json"));
  }
  std::vector<std::string> missing;
  for (const auto& name : required) {
    if (!body.contains(name)) missing.push_back(name);
  }
  if (missing.size() == 1 && required.size() == 1) {
    throw Refusal(fence_page(400, "missing required argument `" + missing.front() + "`"));
  }
  if (!missing.empty()) {
    std::string names;
    for (const auto& name : missing) names += (names.empty() ? "'" : ", '") + name + "'";
    throw Refusal(fence_page(400, "missing required arguments: [" + names + "]"));
  }
  return body;
}

std::optional<std::string> member_text(const Json& object, const std::string& name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return found->is_string() ? found->get<std::string>() : found->dump();
}

}  // namespace etl::stand_in
