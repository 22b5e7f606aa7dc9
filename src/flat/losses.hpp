#pragma once

#include "flat/documents.hpp"

namespace etl::flat {

/// How many values and resources of the study are not in the documents, whatever the reason.
[[nodiscard]] std::uint64_t sum_of_losses(const DocumentsReport& report);

/// Logs a warning for each reason: how many, and in which columns.
void log_losses(const DocumentsReport& report);

}  // namespace etl::flat
