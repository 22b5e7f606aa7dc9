#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir/name_table.hpp"
#include "flat/columns.hpp"
#include "flat/patient_columns.hpp"

namespace etl::flat {

/// The columns of one set, by name.
class ColumnTable {
 public:
  ColumnTable(std::string type, std::vector<Column> columns) : type_(std::move(type)), columns_(std::move(columns)) {
    std::vector<std::string_view> names;
    for (const Column& column : columns_) names.push_back(column.name);
    table_ = fhir::NameTable(names);
    computed_.resize(columns_.size());
    for (const std::string_view name : {"id", "project_id", "auth_resource_path"}) computed_[table_.find(name)] = true;
    if (type_ != "observation") return;
    for (const std::string_view name : patient_columns) computed_[table_.find(name)] = true;
    for (const std::string_view name : condition_columns) computed_[table_.find(name)] = true;
  }
  ColumnTable(const ColumnTable&) = delete;
  ColumnTable& operator=(const ColumnTable&) = delete;

  static constexpr std::uint16_t none = fhir::NameTable::none;
  [[nodiscard]] std::uint16_t find(std::string_view name) const noexcept { return table_.find(name); }
  [[nodiscard]] const Column& at(std::size_t number) const { return columns_[number]; }
  /// Is it a column that no member of a record may set?
  [[nodiscard]] bool is_computed(std::size_t number) const { return computed_[number]; }
  [[nodiscard]] std::size_t size() const noexcept { return columns_.size(); }
  [[nodiscard]] const std::string& type() const noexcept { return type_; }
  [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }

 private:
  std::string type_;
  std::vector<Column> columns_;
  fhir::NameTable table_;
  std::vector<bool> computed_;
};

}  // namespace etl::flat
