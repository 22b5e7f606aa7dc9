#include "simplify/check_study.hpp"

#include <memory>

#include "base/error.hpp"

namespace etl::simplify {
namespace {

/// Counts what is read and lets the records go.
class Checker final : public ConsumerOf<NoRecords> {
 public:
  explicit Checker(const std::function<void(std::uint64_t)>& on_bytes) : on_bytes_(on_bytes) {}

  bool restart() override { return true; }
  void advanced(std::uint64_t bytes) override { on_bytes_(bytes); }

 protected:
  std::unique_ptr<NoRecords> make_part() override { return std::make_unique<NoRecords>(); }
  void take_part(NoRecords& part) override { static_cast<void>(part); }

 private:
  const std::function<void(std::uint64_t)>& on_bytes_;
};

}  // namespace

StudyResult check_study(const StudyOptions& options, IssueReport& report,
                        const std::function<void(std::uint64_t)>& on_bytes) {
  Checker checker(on_bytes);
  return read_study(options, checker, report);
}

void require_resources(const StudyResult& result, const IssueReport& report, const std::string& path) {
  if (result.tally.resources > 0 || result.deletions > 0 || report.errors() > 0) return;
  throw InputError("the study contains no resources", path, "name the folder that holds the study's metadata");
}

}  // namespace etl::simplify
