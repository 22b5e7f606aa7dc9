#include "base/error.hpp"
#include "flat/rows.hpp"

namespace etl::flat {

std::unique_ptr<Method> dataframe_method(const DocumentsRequest& /*request*/, const std::vector<std::string>& /*types*/) {
  throw UsageError("the layout `dataframe` is not there yet");
}

}  // namespace etl::flat
