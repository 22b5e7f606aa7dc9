#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "flat/dictionary_layout.hpp"

namespace etl::flat {
namespace {

class DictionaryMethod final : public Method {
 public:
  DictionaryMethod(const DocumentsRequest& request, const std::vector<std::string>& types)
      : project_(request.project), personal_(request.personal) {
    for (std::size_t set = 0; set < types.size(); ++set) {
      tables_.push_back(std::make_unique<ColumnTable>(
          types[set], fixed_columns(Layout::dictionary, types[set], request.study.dictionary)));
      (types[set] == "patient" ? sets_.patient : types[set] == "file" ? sets_.file : sets_.observation) = set;
    }
  }

  [[nodiscard]] std::size_t stores() const override { return record_stores; }
  [[nodiscard]] std::size_t name_groups() const override { return 0; }
  [[nodiscard]] std::unique_ptr<Flattener> flattener() const override {
    return record_flattener(sets_, tables_, personal_);
  }
  [[nodiscard]] std::unique_ptr<Assembler> assembler(const std::vector<KeyedStore>& stores) const override {
    return record_assembler(sets_, stores, project_);
  }
  [[nodiscard]] std::vector<Column> columns(std::size_t set, const NameSets& /*names*/) const override {
    return tables_[set]->columns();
  }

 private:
  ProjectId project_;
  std::vector<std::string> personal_;
  std::vector<std::unique_ptr<ColumnTable>> tables_;
  Sets sets_;
};

}  // namespace

std::unique_ptr<Method> dictionary_method(const DocumentsRequest& request, const std::vector<std::string>& types) {
  if (request.study.dictionary == nullptr) {
    throw UsageError("the layout `dictionary` needs a dictionary", {},
                     "name it with --dictionary or DICTIONARY_URL, or choose --layout dataframe");
  }
  return std::make_unique<DictionaryMethod>(request, types);
}

}  // namespace etl::flat
