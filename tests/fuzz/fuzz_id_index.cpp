// The index of ids with so little memory that it spills, compared with a map.

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <tuple>

#include "fhir/id_index.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

struct Step {
  bool definition;
  std::size_t writer;
  std::string id;
  std::uint32_t number;  ///< a hash of the content, or the element
  fhir::Location where;
};

using Place = std::pair<std::uint32_t, std::uint64_t>;
Place place_of(fhir::Location where) { return {where.file, where.line}; }

/// What finish() says, in an order of its own.
struct Findings {
  std::multiset<std::tuple<std::string, Place, Place, bool>> duplicates;
  std::multiset<std::tuple<std::string, std::uint32_t, Place>> missing;
  std::vector<std::string> order;

  [[nodiscard]] bool same(const Findings& other) const {
    return duplicates == other.duplicates && missing == other.missing;
  }
};

Findings model(const std::vector<Step>& steps) {
  std::map<std::string, std::multiset<std::tuple<Place, std::uint64_t>>> defined;
  for (const Step& step : steps) {
    if (step.definition) defined["Patient/" + step.id].insert({place_of(step.where), step.number});
  }
  Findings out;
  for (const auto& [id, all] : defined) {
    const auto& [first, content] = *all.begin();
    for (auto one = std::next(all.begin()); one != all.end(); ++one) {
      out.duplicates.insert({id, std::get<0>(*one), first, std::get<1>(*one) == content});
    }
  }
  for (const Step& step : steps) {
    const std::string target = "Patient/" + step.id;
    if (!step.definition && !defined.contains(target)) out.missing.insert({target, step.number, place_of(step.where)});
  }
  return out;
}

Findings found(const std::vector<Step>& steps, std::size_t memory, unsigned writers) {
  fhir::IdIndex index(memory, writers, std::filesystem::temp_directory_path());
  {
    std::vector<std::unique_ptr<fhir::IdIndex::Writer>> all;
    for (unsigned i = 0; i < writers; ++i) all.push_back(std::make_unique<fhir::IdIndex::Writer>(index));
    for (const Step& step : steps) {
      fhir::IdIndex::Writer& writer = *all[step.writer % writers];
      if (step.definition) {
        writer.define("Patient", step.id, step.number, step.where);
      } else {
        writer.refer("Patient/" + step.id, step.number, step.where);
      }
    }
  }
  Findings out;
  index.finish(
      [&](const fhir::IdIndex::Duplicate& one) {
        out.duplicates.insert({one.id, place_of(one.where), place_of(one.first), one.same_content});
        out.order.push_back(one.id);
      },
      [&](const fhir::IdIndex::Reference& one) {
        out.missing.insert({one.target, one.element, place_of(one.where)});
        out.order.push_back(one.target);
      });
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider from(data, size);
  const std::size_t memory = from.ConsumeIntegralInRange<std::size_t>(0, 4096);
  const unsigned writers = from.ConsumeIntegralInRange<unsigned>(1, 3);
  std::vector<Step> steps;
  while (from.remaining_bytes() > 0 && steps.size() < 400) {
    const auto kind = from.ConsumeIntegral<std::uint8_t>();
    Step step;
    step.definition = (kind & 1U) != 0;
    step.writer = kind >> 1U & 3U;
    // Few ids, so that they meet; sometimes a longer one of any bytes but NUL, which no id holds.
    step.id = std::to_string(kind >> 3U);
    if ((kind & 0xE0U) == 0xE0U) {
      step.id += from.ConsumeRandomLengthString(300);
      std::erase(step.id, '\0');
    }
    step.number = from.ConsumeIntegralInRange<std::uint32_t>(0, 3);
    step.where = {from.ConsumeIntegralInRange<std::uint32_t>(0, 3), from.ConsumeIntegralInRange<std::uint64_t>(1, 20)};
    steps.push_back(std::move(step));
  }
  const Findings expected = model(steps);
  const Findings spilled = found(steps, memory, writers);
  require(spilled.same(expected), "other findings than a map's, with spilling");
  const Findings in_memory = found(steps, std::size_t{1} << 30U, 1);
  require(in_memory.same(expected), "other findings than a map's, in memory");
  require(spilled.order == in_memory.order, "an order that depends on memory or writers");
  return 0;
}
