#include <gtest/gtest.h>

#include <atomic>
#include <stop_token>

#include "base/error.hpp"
#include "fhir_fixture.hpp"
#include "simplify/pipeline.hpp"
#include "simplify_fixture.hpp"

namespace etl::simplify {
namespace {

struct CountedRecords final : Consumer::Part {
  void record(const Record& record) override {
    static_cast<void>(record);
    ++records;
  }
  std::uint64_t records = 0;
};

/// Counts records, and asks for a stop when it was given some parts.
class StoppingConsumer final : public ConsumerOf<CountedRecords> {
 public:
  explicit StoppingConsumer(unsigned after) : after_(after) {}

  bool restart() override { return false; }

  std::stop_source stop;
  unsigned taken = 0;
  std::uint64_t records = 0;

 protected:
  std::unique_ptr<CountedRecords> make_part() override { return std::make_unique<CountedRecords>(); }
  void take_part(CountedRecords& part) override {
    records += std::exchange(part.records, 0);
    if (++taken == after_) stop.request_stop();
  }

 private:
  unsigned after_;
};

class PipelineStop : public testing::TestWithParam<unsigned> {
 protected:
  static constexpr unsigned kRecords = 200'000;  // many times the blocks that may be read before a stop is seen

  void SetUp() override {
    std::string lines;
    for (unsigned i = 0; i < kRecords; ++i)
      lines += R"({"resourceType":"Patient","id":"p)" + std::to_string(i) + "\"}\n";
    files = {{folder.write("Patient.ndjson", lines), "Patient.ndjson", lines.size()}};
  }

  PipelineResult run(StoppingConsumer& consumer) {
    IssueReport report([](const fhir::Issue& issue, bool) { ADD_FAILURE() << issue.text(); });
    return run_pipeline({.worker = {.plans = *plans},
                         .threads = GetParam(),
                         .limits = {.block = 4096},
                         .stop = consumer.stop.get_token(),
                         .report = &report},
                        files, nullptr, consumer);
  }

  fhir::TempFolder folder;
  std::vector<fhir::StudyFile> files;
  std::shared_ptr<const Plans> plans = plans_for({});
};

TEST_P(PipelineStop, EndsInTheMidstOfAFile) {
  StoppingConsumer consumer(3);
  EXPECT_THROW(static_cast<void>(run(consumer)), StoppedError);
  // No more than what was read already: four times as many blocks as there are threads may wait.
  EXPECT_LE(consumer.taken, 3 + 8 * GetParam());
  EXPECT_LT(consumer.records, kRecords / 2);
}

TEST_P(PipelineStop, ReadsNothingWhenItWasAskedForBefore) {
  StoppingConsumer consumer(0);
  consumer.stop.request_stop();
  EXPECT_THROW(static_cast<void>(run(consumer)), StoppedError);
  EXPECT_EQ(consumer.taken, 0U);
}

TEST_P(PipelineStop, WithoutAStopAllIsRead) {
  StoppingConsumer consumer(0);
  EXPECT_EQ(run(consumer).tally.records, kRecords);
  EXPECT_EQ(consumer.records, kRecords);
}

INSTANTIATE_TEST_SUITE_P(Threads, PipelineStop, testing::Values(1, 4));

}  // namespace
}  // namespace etl::simplify
