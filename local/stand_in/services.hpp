#pragma once

#include <map>
#include <mutex>
#include <string>

#include "stand_in/commons.hpp"
#include "stand_in/fence.hpp"
#include "stand_in/indexd.hpp"
#include "stand_in/metadata_service.hpp"
#include "stand_in/s3_proxy.hpp"
#include "stand_in/sheepdog.hpp"

namespace etl::stand_in {

/// All services of a commons behind one address, as its reverse proxy shows them, and /_stand_in/, where tests say how
/// to misbehave and see what was asked.
class Services {
 public:
  /// `dictionary` as Sheepdog takes it.
  Services(Commons& commons, const std::string& dictionary);

  /// Never throws: what goes wrong is an answer, in the shape of the service.
  [[nodiscard]] Answer answer(Request& request);
  [[nodiscard]] FaultPlan plan_faults(const Request& request);

 private:
  void add_control_routes();
  /// The answer of a rule of kind `status`.
  [[nodiscard]] static Answer faulty(const Request& request, const FaultRule& rule);
  void count(const std::string& what);

  Commons& commons_;
  Records records_;
  S3Proxy proxy_;
  ObjectStore store_;
  Fence fence_;
  Indexd indexd_;
  Sheepdog sheepdog_;
  MetadataService metadata_;
  Router router_;
  std::mutex mutex_;
  std::map<std::string, std::int64_t> counts_;
};

/// What the service behind this path would answer in its own shape: fence's page, {"error"}, {"detail"}, {"message"}.
[[nodiscard]] Answer service_error(const std::string& path, int status, const std::string& message);

}  // namespace etl::stand_in
