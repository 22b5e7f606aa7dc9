#pragma once

#include <string>
#include <string_view>

#include "base/uuid.hpp"

namespace etl::simplify {

/// Gives every id a UUID of its own that depends on a seed: uuid5(uuid5(uuid3(DNS, "ICEBERG"), seed), id).
class IdTransform {
 public:
  explicit IdTransform(std::string_view seed) : name_space_(uuid5(uuid3(uuid_namespace_dns, "ICEBERG"), seed)) {}

  [[nodiscard]] std::string operator()(std::string_view id) const { return uuid5(name_space_, id); }

 private:
  std::string name_space_;
};

}  // namespace etl::simplify
