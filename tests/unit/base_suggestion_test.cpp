#include "base/suggestion.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace etl {
namespace {

namespace fs = std::filesystem;

TEST(Suggestion, names_the_nearest_or_says_something_else) {
  EXPECT_EQ(did_you_mean("Diabets", {"Lung", "Diabetes"}), "did you mean `Diabetes`?");
  EXPECT_EQ(did_you_mean("Heart", {"Lung", "Diabetes"}, "there are: Lung, Diabetes"), "there are: Lung, Diabetes");
  EXPECT_EQ(did_you_mean("Heart", {}), "");
}

TEST(Suggestion, a_path_is_looked_for_beside_its_first_missing_part) {
  const fs::path folder = fs::path(testing::TempDir()) / ("suggestion-" + std::to_string(::getpid()));
  fs::create_directories(folder / "studies/Lung");
  std::ofstream(folder / "studies/Lung/Patient.ndjson") << "{}";
  const auto meant = [&](const std::string& path) { return did_you_mean_path(folder / path, "none"); };
  const auto named = [&](const std::string& path) { return "did you mean `" + (folder / path).string() + "`?"; };
  EXPECT_EQ(meant("studies/Lugn"), named("studies/Lung"));
  EXPECT_EQ(meant("studies/Lugn/"), named("studies/Lung"));
  EXPECT_EQ(meant("studies/Lugn/Patient.ndjson"), named("studies/Lung"));
  EXPECT_EQ(meant("studies/Lung/Patient.ndjsn"), named("studies/Lung/Patient.ndjson"));
  EXPECT_EQ(meant("studies/Kidney"), "none");
  EXPECT_EQ(meant("studies/Lung/Patient.ndjson/x"), "none");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace etl
