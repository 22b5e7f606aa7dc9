#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "fhir/study_files.hpp"
#include "flat/columns.hpp"
#include "flat/dataframe_layout.hpp"
#include "simplify/facts_scan.hpp"

namespace etl::flat {
namespace {

class DataframeMethod final : public Method {
 public:
  DataframeMethod(const DocumentsRequest& request, std::vector<std::string> types)
      : request_(request), types_(std::move(types)) {
    const auto& all = document_types(Layout::dataframe);
    sets_.fill(not_wanted);
    for (std::size_t place = 0; place < all.size(); ++place) {
      const auto found = std::ranges::find(types_, all[place]);
      if (found != types_.end()) sets_[place] = static_cast<std::size_t>(found - types_.begin());
    }
    if (!simplify::are_repeatable(fhir::study_files(request.study.path, request.study.selection))) {
      for (std::atomic<bool>& wanted : wanted_.types) wanted = true;  // a pipe cannot be read again
    }
  }

  [[nodiscard]] bool must_read_again() override {
    bool again = false;
    for (std::size_t i = 0; i < wanted_.types.size(); ++i)
      again = again || (wanted_.types[i] && wanted_.passed_over[i]);
    for (std::atomic<bool>& passed_over : wanted_.passed_over) passed_over = false;
    return again;
  }

  [[nodiscard]] std::size_t stores() const override { return row_stores; }
  [[nodiscard]] std::size_t name_groups() const override { return name_group_count(); }
  [[nodiscard]] std::unique_ptr<Flattener> flattener() const override {
    return resource_flattener(sets_, request_, wanted_);
  }
  [[nodiscard]] std::unique_ptr<Assembler> assembler(const std::vector<KeyedStore>& stores) const override {
    return row_assembler(sets_, types_, stores, request_.project);
  }
  [[nodiscard]] std::vector<Column> columns(std::size_t set, const NameSets& names) const override;

 private:
  const DocumentsRequest& request_;
  std::vector<std::string> types_;
  SetNumbers sets_{};
  mutable Wanted wanted_;  ///< the flatteners write to it
};

std::vector<Column> DataframeMethod::columns(std::size_t set, const NameSets& names) const {
  const std::string& type = types_[set];
  const std::size_t place = static_cast<std::size_t>(std::ranges::find(sets_, set) - sets_.begin());
  std::map<std::string, Column> out;
  for (Column& column : fixed_columns(Layout::dataframe, type, nullptr)) {
    std::string name = column.name;
    out.emplace(std::move(name), std::move(column));
  }
  const auto add = [&](std::string_view prefix, std::size_t group) {
    for (const std::string& name : names[group]) {
      std::string whole = type + "_" + std::string(prefix) + name;
      const Kind kind = kind_of_column(type, whole);
      out.try_emplace(whole, Column{whole, kind, false});
    }
  };
  add({}, own_names + place);
  const ResourceTypes& resources = ResourceTypes::get();
  for (const std::string& subject : names[row_subjects + place]) {
    const std::size_t of = resources.number(subject);
    if (of == resources.size()) continue;
    add(lower_case(subject) + "_", subject_names + 2 * of);
    if (place != document_reference) continue;
    for (const std::string& further : names[subject_subjects + 2 * of]) {
      if (const std::size_t next = resources.number(further); next < resources.size())
        add(lower_case(further) + "_", subject_names + 2 * next);
    }
  }
  if (place < focuses.size()) add({}, focus_names + place);
  if (place == research_subject) add({}, condition_names);
  std::vector<Column> sorted;
  for (auto& [name, column] : out) sorted.push_back(std::move(column));
  return sorted;
}

}  // namespace

std::unique_ptr<Method> dataframe_method(const DocumentsRequest& request, const std::vector<std::string>& types) {
  static_assert(focuses[research_subject].row == "research_subject" && focuses[specimen].row == "specimen" &&
                focuses[document_reference].row == "document_reference");
  return std::make_unique<DataframeMethod>(request, types);
}

}  // namespace etl::flat
