#include "simplify/check_study.hpp"

#include <memory>

#include "base/error.hpp"

namespace etl::simplify {
namespace {

/// Reports issues and lets the records go.
class Checker final : public Consumer {
 public:
  Checker(IssueReport& report, const std::function<void(std::uint64_t)>& on_bytes)
      : report_(report), on_bytes_(on_bytes) {}

  std::unique_ptr<Part> part() override { return std::make_unique<Nothing>(); }
  void take(Part& part) override { static_cast<void>(part); }
  bool restart() override { return true; }
  void rejected(const Rejected& rejected) override {
    for (const fhir::Issue& issue : rejected.issues) report_.add(issue);
  }
  void file_issue(const fhir::Issue& issue) override { report_.add(issue); }
  void advanced(std::uint64_t bytes) override { on_bytes_(bytes); }

 private:
  class Nothing final : public Part {
   public:
    void record(const Record& record) override { static_cast<void>(record); }
  };

  IssueReport& report_;
  const std::function<void(std::uint64_t)>& on_bytes_;
};

}  // namespace

StudyResult check_study(const StudyOptions& options, IssueReport& report,
                        const std::function<void(std::uint64_t)>& on_bytes) {
  Checker checker(report, on_bytes);
  return read_study(options, checker, report);
}

void require_resources(const StudyResult& result, const IssueReport& report, const std::string& path) {
  if (result.tally.resources > 0 || result.deletions > 0 || report.errors() > 0) return;
  throw InputError("there is no resource in it", path, "name the folder that holds the study's metadata");
}

}  // namespace etl::simplify
