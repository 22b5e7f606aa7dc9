// Texts by key and rows, in memory and in a temporary file.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "flat/keyed_store.hpp"
#include "flat/row_file.hpp"

namespace etl::flat {
namespace {

std::uint64_t seed() {
  const char* const given = std::getenv("ACED_TEST_SEED");  // NOLINT(concurrency-mt-unsafe)
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

class KeyedStores : public ::testing::TestWithParam<std::size_t> {};

TEST_P(KeyedStores, GiveTheTextsOfAKeyInTheirOrder) {
  const std::uint64_t used = seed();
  RecordProperty("ACED_TEST_SEED", std::to_string(used));
  SCOPED_TRACE("ACED_TEST_SEED=" + std::to_string(used));
  std::mt19937_64 random(used);
  KeyedStore store(GetParam(), std::filesystem::temp_directory_path());
  std::map<KeyedStore::Key, std::vector<std::string>> wanted;
  for (int i = 0; i < 20'000; ++i) {
    // Few and many texts for a key; keys that share their first 64 bits.
    const std::uint64_t high = random() % 3 == 0 ? random() : random() % 50 * 0x0123456789ABCDEFULL;
    const KeyedStore::Key key{high, static_cast<std::uint32_t>(random() % 3)};
    std::string text(random() % 40, 'x');
    text += std::to_string(i);
    store.add(key, text);
    wanted[key].push_back(text);
  }
  store.finish();
  const auto look = [&] {
    KeyedStore::Scratch scratch;
    for (const auto& [key, texts] : wanted) {
      std::vector<std::string> found;
      store.each(key, scratch, [&](std::string_view text) { found.emplace_back(text); });
      ASSERT_EQ(found, texts);
      bool there = false;
      ASSERT_EQ(store.last(key, scratch, there), texts.back());
      ASSERT_TRUE(there);
    }
    for (int i = 0; i < 1000; ++i) {
      const KeyedStore::Key key{static_cast<std::uint64_t>(i) << 52U, 7};
      bool there = true;
      ASSERT_EQ(store.last(key, scratch, there), "");
      ASSERT_FALSE(there);
    }
  };
  std::thread other(look);
  look();
  other.join();
}

INSTANTIATE_TEST_SUITE_P(Memory, KeyedStores, ::testing::Values(0, 20'000, std::size_t{64} << 20U));

TEST(KeyedStoresAlone, AnEmptyOneHasNothing) {
  KeyedStore store(1024, std::filesystem::temp_directory_path());
  store.finish();
  KeyedStore::Scratch scratch;
  bool there = true;
  EXPECT_EQ(store.last({1, 2}, scratch, there), "");
  EXPECT_FALSE(there);
  EXPECT_TRUE(store.empty());
}

TEST(RowFiles, GiveTheirChunksBack) {
  for (const std::size_t memory : {std::size_t{0}, std::size_t{5000}, std::size_t{1} << 20U}) {
    RowFile file(memory, std::filesystem::temp_directory_path());
    std::vector<std::string> wanted;
    file.append("", 0);
    for (std::size_t i = 0; i < 200; ++i) {
      wanted.push_back(std::string(i, 'r') + std::to_string(i));
      file.append(wanted.back(), i);
    }
    ASSERT_EQ(file.chunks(), wanted.size());
    Buffer scratch;
    for (std::size_t i = wanted.size(); i-- > 0;) {
      EXPECT_EQ(file.read(i, scratch), wanted[i]);
      EXPECT_EQ(file.first_row(i), i * (i - 1) / 2) << i;
    }
    EXPECT_EQ(file.rows(), 199U * 200U / 2U);
  }
}

}  // namespace
}  // namespace etl::flat
