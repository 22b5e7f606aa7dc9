#include <string>
#include <vector>

#include "base/error.hpp"
#include "flat/column_list.hpp"
#include "flat/dataframe_layout.hpp"
#include "flat/references.hpp"

namespace etl::flat {
namespace {

class RowAssembler final : public Assembler {
 public:
  RowAssembler(const SetNumbers& sets, const std::vector<std::string>& types, const std::vector<KeyedStore>& stores,
               const ProjectId& project)
      : sets_(sets), types_(types), stores_(stores), end_(project_members(project) + "}") {}

  void document(const Row& row, Buffer& out, Losses& losses) override {
    const std::string& type = types_[row.set];
    std::string_view text = row.text;
    const StoredReference about = take_reference(text);
    list_.clear();
    if (row.set == sets_[group_member]) add_group(row.owner);
    read_columns(text, [&](std::string_view name, std::string_view value) { list_.set(name, value); });
    if (!about.type.empty()) fold_subject(about, row.set == sets_[document_reference], type, losses);
    if (row.set == sets_[research_subject]) {
      if (about.type == "patient") {
        fold(observations, about.key, type, losses);
        fold(conditions, about.key, type, losses);
      }
    } else if (row.set == sets_[specimen] || row.set == sets_[document_reference]) {
      fold(observations, row.owner, type, losses);
    }
    char separator = '{';
    list_.each([&](std::string_view name, std::string_view value) {
      if (value == "null") return;
      out.append(separator);
      separator = ',';
      out.append('"');
      out.append(std::string_view(type));
      out.append('_');
      out.append(name);
      out.append("\":");
      out.append(value);
    });
    out.append(std::string_view(end_));
  }

 private:
  /// The columns of the Group that a row's member is in.
  void add_group(const Key& group) {
    bool found = false;
    std::string_view text = stores_[subjects].last(group, scratch_, found);
    if (!found) throw InternalError("the columns of a Group are missing");
    static_cast<void>(take_reference(text));
    read_columns(text, [&](std::string_view name, std::string_view value) { list_.set(name, value); });
  }

  void fold_subject(const StoredReference& about, bool further, const std::string& type, Losses& losses) {
    bool found = false;
    std::string_view text = stores_[subjects].last(about.key, scratch_, found);
    if (!found) {
      losses.add(Loss::missing_subject, type);
      return;
    }
    const StoredReference next = take_reference(text);
    prefix_.assign(about.type).append(1, '_');
    read_columns(text, [&](std::string_view name, std::string_view value) {
      if (name != "resourceType") list_.set(prefix_, name, value);
    });
    if (!further || next.type.empty()) return;
    const std::string next_type(next.type);  // it stands in scratch_
    text = stores_[subjects].last(next.key, scratch_, found);
    if (!found) return;
    static_cast<void>(take_reference(text));
    prefix_.assign(next_type).append(1, '_');
    read_columns(text, [&](std::string_view name, std::string_view value) {
      if (name != "resourceType") list_.set(prefix_, name, value);
    });
  }

  void fold(RowStore store, const Key& key, const std::string& type, Losses& losses) {
    stores_[store].each(key, scratch_, [&](std::string_view text) {
      read_columns(text, [&](std::string_view name, std::string_view value) {
        if (list_.set(name, value)) losses.add(Loss::overwritten, type, name);
      });
    });
  }

  SetNumbers sets_;
  const std::vector<std::string>& types_;
  const std::vector<KeyedStore>& stores_;
  std::string end_;
  ColumnList list_;
  KeyedStore::Scratch scratch_;
  std::string prefix_;
};

}  // namespace

std::unique_ptr<Assembler> row_assembler(const SetNumbers& sets, const std::vector<std::string>& types,
                                         const std::vector<KeyedStore>& stores, const ProjectId& project) {
  return std::make_unique<RowAssembler>(sets, types, stores, project);
}

}  // namespace etl::flat
