#include "stand_in/services.hpp"

#include "base/log.hpp"
#include "stand_in/html.hpp"

namespace etl::stand_in {
namespace {

constexpr auto kNotFound =
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try "
    "again.";

bool is_control(const Request& request) { return request.path.starts_with("/_stand_in/"); }

}  // namespace

Answer service_error(const std::string& path, int status, const std::string& message) {
  if (path.starts_with("/user/")) return fence_page(status, status >= 500 ? "" : message);
  if (path.starts_with("/index/")) {
    return status >= 500 ? server_error_page() : flask_page(status, message);
  }
  if (path.starts_with("/mds/")) {
    if (status >= 500) return {status, status_phrase(status), kTextType, {}};
    return json_answer({{"detail", status_phrase(status)}}, status);
  }
  return json_answer({{"message", status >= 500 ? "internal server error" : message}}, status);
}

Services::Services(Commons& commons, const std::string& dictionary)
    : commons_(commons),
      records_(commons.database),
      proxy_(commons.faults,
             [this](const std::string& bucket) {
               const auto config = commons_.fence.get();
               const auto* found = config->find(bucket);
               return found == nullptr ? std::string() : found->endpoint_url;
             }),
      store_([this]() -> std::optional<std::string> {
        if (!commons_.faults.wants_s3()) return std::nullopt;
        return proxy_.address();
      }),
      fence_(commons, records_, store_),
      indexd_(commons, records_),
      sheepdog_(commons, dictionary),
      metadata_(commons, records_) {
  add_control_routes();
  router_.add("GET", "/_status", [](const Request&) { return Answer{200, "Healthy", kHtmlType, {}}; });
  fence_.add_routes(router_);
  sheepdog_.add_routes(router_);
  indexd_.add_routes(router_);
  metadata_.add_routes(router_);
}

void Services::add_control_routes() {
  router_.add("POST", "/_stand_in/faults", [this](const Request& request) {
    commons_.faults.add(Json::parse(request.body, nullptr, false));
    return Answer{204, "", kJsonType, {}};
  });
  router_.add("DELETE", "/_stand_in/faults", [this](const Request&) {
    commons_.faults.clear();
    return Answer{204, "", kJsonType, {}};
  });
  router_.add("GET", "/_stand_in/faults", [this](const Request&) {
    return json_answer({{"faults", commons_.faults.list()}, {"s3_proxy", proxy_.address()}});
  });
  router_.add("GET", "/_stand_in/requests", [this](const Request&) {
    const std::lock_guard lock(mutex_);
    return json_answer(counts_);
  });
  router_.add("DELETE", "/_stand_in/requests", [this](const Request&) {
    const std::lock_guard lock(mutex_);
    counts_.clear();
    return Answer{204, "", kJsonType, {}};
  });
}

void Services::count(const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++counts_[what];
}

FaultPlan Services::plan_faults(const Request& request) {
  if (is_control(request)) return {};
  return commons_.faults.of_request(request.method, request.path);
}

Answer Services::faulty(const Request& request, const FaultRule& rule) {
  auto answer = service_error(request.path, rule.status, status_phrase(rule.status));
  if (rule.body) {
    answer.body = *rule.body;
    answer.type = Json::accept(*rule.body) ? kJsonType : kTextType;
  }
  if (!rule.retry_after.empty()) answer.headers.emplace_back("Retry-After", rule.retry_after);
  return answer;
}

Answer Services::answer(Request& request) {
  try {
    const auto found = router_.find(request);
    if (!is_control(request)) count(request.method + " " + (found.route ? found.route->pattern : request.path));
    if (request.fault) return faulty(request, *request.fault);
    if (found.route) return found.route->handler(request);
    if (found.other_method) return service_error(request.path, 405, "The method is not allowed for the requested URL.");
    return service_error(request.path, 404, kNotFound);
  } catch (const Refusal& refusal) {
    return refusal.answer();
  } catch (const Json::exception&) {  // a member of a type that nobody expects: the services fall over it, too
    return service_error(request.path, 500, "");
  } catch (const std::exception& error) {
    log::error("{} {}: {}", request.method, request.path, error.what());
    return service_error(request.path, 500, "");
  }
}

}  // namespace etl::stand_in
