#include "fhir/id_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "fhir_fixture.hpp"

namespace etl::fhir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Found {
  std::vector<std::string> duplicates;  ///< `id file:line after file:line[ same]`
  std::vector<std::string> missing;     ///< `target element file:line`
};

std::string at(Location where) { return std::to_string(where.file) + ":" + std::to_string(where.line); }

Found finish(IdIndex& index) {
  Found out;
  index.finish(
      [&](const IdIndex::Duplicate& d) {
        out.duplicates.push_back(d.id + " " + at(d.where) + " after " + at(d.first) + (d.same_content ? " same" : ""));
      },
      [&](const IdIndex::Reference& r) {
        out.missing.push_back(r.target + " " + std::to_string(r.element) + " " + at(r.where));
      });
  std::ranges::sort(out.duplicates);
  std::ranges::sort(out.missing);
  return out;
}

constexpr std::size_t plenty = 1U << 20U;

TEST(FhirIdIndex, FindsDuplicatesAndTellsWhetherTheirContentsAgree) {
  const TempFolder folder;
  IdIndex index(plenty, 1, folder.path());
  {
    IdIndex::Writer writer(index);
    writer.define("Patient", "a", 1, {0, 1});
    writer.define("Patient", "b", 1, {0, 2});
    writer.define("Group", "a", 1, {0, 3});  // another type
    writer.define("Patient", "a", 1, {1, 1});
    writer.define("Patient", "a", 2, {1, 2});
  }
  const Found found = finish(index);
  EXPECT_THAT(found.duplicates, ElementsAre("Patient/a 1:1 after 0:1 same", "Patient/a 1:2 after 0:1"));
  EXPECT_THAT(found.missing, IsEmpty());
}

TEST(FhirIdIndex, FindsReferencesWithoutATarget) {
  const TempFolder folder;
  IdIndex index(plenty, 1, folder.path());
  {
    IdIndex::Writer writer(index);
    writer.refer("Patient/late", 7, {0, 1});
    writer.refer("Patient/none", 7, {0, 2});
    writer.refer("Patient/none", 8, {0, 3});
    writer.refer("Group/late", 9, {0, 4});
    writer.define("Patient", "late", 1, {5, 1});
  }
  EXPECT_THAT(finish(index).missing, ElementsAre("Group/late 9 0:4", "Patient/none 7 0:2", "Patient/none 8 0:3"));
}

TEST(FhirIdIndex, IsEmptyWithoutWriters) {
  const TempFolder folder;
  IdIndex index(plenty, 4, folder.path());
  const Found found = finish(index);
  EXPECT_THAT(found.duplicates, IsEmpty());
  EXPECT_THAT(found.missing, IsEmpty());
}

/// Thousands of resources by several writers, with so little memory that nearly all of it goes to the disk: many more
/// runs than a process may have files open.
TEST(FhirIdIndex, FindsTheSameWithTinyMemory) {
  const TempFolder folder;
  std::optional<Found> wanted;
  for (const std::size_t memory : {std::size_t{64} << 20U, std::size_t{2000}, std::size_t{0}}) {
    IdIndex index(memory, 3, folder.path());
    {
      std::vector<std::thread> threads;
      for (unsigned t = 0; t < 3; ++t) {
        threads.emplace_back([&index, t] {
          IdIndex::Writer writer(index);
          for (std::uint64_t i = t; i < 9000; i += 3) {
            writer.define("Patient", "p" + std::to_string(i), i, {0, i});
            writer.refer("Patient/p" + std::to_string(i * 7 % 9100), 1, {0, i});
            if (i % 1000 == 0) writer.define("Patient", "p" + std::to_string(i), i % 2000, {1, i});
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    const Found found = finish(index);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << "temporary files have no name";
    if (!wanted) wanted = found;
    EXPECT_EQ(found.duplicates, wanted->duplicates) << memory;
    EXPECT_EQ(found.missing, wanted->missing) << memory;
    EXPECT_EQ(found.duplicates.size(), 9U);
    EXPECT_FALSE(found.missing.empty());
  }
}

TEST(FhirIdIndex, SaysThatTheTemporaryFolderIsNoGood) {
  IdIndex index(0, 1, "/nowhere/at/all");
  IdIndex::Writer writer(index);
  EXPECT_THROW(writer.define("Patient", "a", 1, {0, 1}), UsageError);
}

}  // namespace
}  // namespace etl::fhir
