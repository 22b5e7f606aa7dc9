#include <array>
#include <cstring>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "flat/dictionary_layout.hpp"

namespace etl::flat {
namespace {

class RecordAssembler final : public Assembler {
 public:
  RecordAssembler(const Sets& sets, const std::vector<KeyedStore>& stores, const ProjectId& project)
      : sets_(sets), stores_(stores), end_(project_members(project) + "}") {}

  void document(const Row& row, Buffer& out, Losses& losses) override {
    if (row.set != sets_.observation) {
      out.append(row.text);
      out.append(std::string_view(end_));
      return;
    }
    Key key;
    std::memcpy(&key.high, row.text.data() + 1, sizeof key.high);
    std::memcpy(&key.low, row.text.data() + 1 + sizeof key.high, sizeof key.low);
    out.append(row.text.substr(1 + sizeof key.high + sizeof key.low));
    if (row.text.front() == '1') {
      out.append(of_patient(key));
    } else {
      losses.add(Loss::no_patient, "observation");
    }
    out.append(std::string_view(end_));
  }

 private:
  /// What the patient's observations have of it, as members. Observations of one patient often come together.
  std::string_view of_patient(const Key& key) {
    const auto found = known_.find(key.high ^ key.low);
    if (found != known_.end() && found->second.key == key) return found->second.members;
    std::string members;
    bool there = false;
    members = stores_[patients].last(key, scratch_, there);
    std::array<std::vector<std::string>, condition_columns.size()> codes;
    stores_[codes_of_patients].each(key, scratch_, [&](std::string_view text) {
      while (!text.empty()) {
        const auto column = static_cast<std::size_t>(text.front());
        std::uint32_t size = 0;
        std::memcpy(&size, text.data() + 1, sizeof size);
        const std::string_view code = text.substr(1 + sizeof size, size);
        text.remove_prefix(1 + sizeof size + size);
        if (distinct_.emplace(column, code).second) codes[column].emplace_back(code);
      }
    });
    distinct_.clear();
    for (std::size_t column = 0; column < codes.size(); ++column) {
      if (codes[column].empty()) continue;
      members.append(",\"").append(condition_columns[column]).append("\":");
      char separator = '[';
      for (const std::string& code : codes[column]) {
        members.append(1, separator).append(code);
        separator = ',';
      }
      members.append(1, ']');
    }
    if (known_bytes_ > most_known_bytes) {
      known_.clear();
      known_bytes_ = 0;
    }
    known_bytes_ += members.size() + sizeof(Known) + 64;
    Known& place = known_[key.high ^ key.low];
    place = {key, std::move(members)};
    return place.members;
  }

  static constexpr std::size_t most_known_bytes = std::size_t{8} << 20U;
  struct Known {
    Key key;
    std::string members;
  };

  Sets sets_;
  const std::vector<KeyedStore>& stores_;
  std::string end_;
  KeyedStore::Scratch scratch_;
  std::set<std::pair<std::size_t, std::string>> distinct_;
  std::unordered_map<std::uint64_t, Known> known_;
  std::size_t known_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Assembler> record_assembler(const Sets& sets, const std::vector<KeyedStore>& stores,
                                            const ProjectId& project) {
  return std::make_unique<RecordAssembler>(sets, stores, project);
}

}  // namespace etl::flat
