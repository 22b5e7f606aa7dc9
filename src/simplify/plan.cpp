#include "simplify/plan.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"

namespace etl::simplify {
namespace {

using fhir::Element;
using fhir::Model;
using fhir::Shape;
using fhir::Type;

/// Names that the reference tool's Python cannot use for a field.
constexpr std::array<std::string_view, 5> reserved_names{"for", "class", "import", "assert", "global"};

std::string record_name(std::string_view element, const Config& config) {
  if (const auto renamed = config.renamed_properties.find(element); renamed != config.renamed_properties.end()) {
    return renamed->second;
  }
  if (std::ranges::find(reserved_names, element) != reserved_names.end()) return std::string(element) + "_fhir";
  return std::string(element);
}

Keys keys_for(const std::string& name) { return {Key(name), Key(name + "_text"), Key(name + "_coding")}; }

Action action_for(const Type& type, const Element& element) {
  if (element.shape == Shape::resource_type || element.shape == Shape::primitive) return Action::primitive;
  if (element.shape != Shape::object) return Action::none;
  const std::string_view name = element.type->name;
  if (name == "CodeableConcept") return Action::concept_;
  if (name == "Coding") return Action::coding;
  if (name == "CodeableReference") return Action::codeable_reference;
  if (name == "Reference") return Action::reference;
  if (name == "Extension") return element.name == "extension" ? Action::extension : Action::none;
  if (name == "Identifier") return element.name == "identifier" ? Action::identifier : Action::none;
  if (type.name == "Observation" && element.choice != 0 && element.name.starts_with("value")) {
    return name == "Quantity" ? Action::quantity : Action::primitive_children;
  }
  if (type.name == "Task" && (element.name == "input" || element.name == "output")) return Action::task_values;
  return Action::none;
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> out;
  while (true) {
    const std::size_t dot = path.find('.');
    out.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    path.remove_prefix(dot + 1);
  }
}

PathExtraction::Role role_of(const std::string& key) {
  if (key == "content_attachment_url") return PathExtraction::Role::url;
  if (key == "content_attachment_extension_md5") return PathExtraction::Role::md5;
  if (key == "content_attachment_size") return PathExtraction::Role::size;
  return PathExtraction::Role::none;
}

/// Hang `path` (from its step `at` on) below `into`; false when R5 has no such path.
bool add_path(PathExtraction& into, const std::vector<std::string>& path, std::size_t at) {
  if (at == path.size()) {
    into.leaf = true;
    into.keys = keys_for(into.key);
    into.role = role_of(into.key);
    return into.element->shape != Shape::resource;
  }
  if (into.element->name == "extension" && at + 1 == path.size()) {
    const std::string key = into.key + "_" + path[at];
    into.extensions.push_back({path[at], key, role_of(key)});
    return true;
  }
  const Element* element = into.element->type->find(path[at]);
  if (into.element->shape != Shape::object || element == nullptr) return false;
  auto step = std::ranges::find(into.steps, element, &PathExtraction::element);
  if (step == into.steps.end()) {
    PathExtraction fresh;
    fresh.element = element;
    fresh.key = into.key + "_" + path[at];
    into.steps.push_back(std::move(fresh));
    step = std::prev(into.steps.end());
  }
  return add_path(*step, path, at + 1);
}

bool add_pluck(TypePlan& plan, const std::string& path) {
  const auto steps = split(path);
  const Element* first = plan.type->find(steps[0]);
  if (first == nullptr || steps.size() < 2) return false;
  auto& root = plan.elements[first->index].pluck;
  if (!root) {
    root = std::make_unique<PathExtraction>();
    root->element = first;
    root->key = steps[0];
  }
  return add_path(*root, steps, 1);
}

void add_targets(TypePlan& plan, const Config& config, const dictionary::Dictionary* dictionary) {
  const auto limit = config.limit_links.find(std::string(plan.type->name));
  const auto allowed = [&](const std::string& type) {
    return limit == config.limit_links.end() || limit->second.contains(type);
  };
  std::set<std::string> nodes;
  if (dictionary != nullptr) {
    for (const auto& node : dictionary->nodes()) nodes.insert(node.title);
  } else {
    for (const Type& type : Model::r5().types()) {
      if (type.kind == fhir::Kind::resource && !type.abstract) nodes.emplace(type.name);
    }
  }
  for (const std::string& type : nodes) plan.targets.push_back({type, snake_case(type), allowed(type)});
  std::vector<std::string_view> names;
  for (const Target& target : plan.targets) names.push_back(target.type);
  plan.target_names = fhir::NameTable(names);
}

TypePlan make_plan(const Type& type, const Config& config) {
  TypePlan plan;
  plan.type = &type;
  plan.name = snake_case(type.name);
  plan.container = type.name == "Bundle" || type.name == "List";
  plan.observation = type.name == "Observation";
  plan.document_reference = type.name == "DocumentReference";
  plan.elements.resize(type.elements.size());
  for (const Element& element : type.elements) {
    ElementPlan& out = plan.elements[element.index];
    out.name = record_name(element.name, config);
    out.keys = keys_for(out.name);
    out.is_id = element.name == "id";
    // The id and the type are the record's own; no configuration takes them away.
    const bool ignored =
        config.ignored_properties.contains(element.name) && !out.is_id && element.shape != Shape::resource_type;
    if (!ignored) out.action = action_for(type, element);
  }
  return plan;
}

}  // namespace

Plans::Plans(const Config& config, const dictionary::Dictionary* dictionary) {
  const auto& types = Model::r5().types();
  by_type_.resize(types.size());
  for (const Type& type : types) {
    if (type.kind != fhir::Kind::resource || type.abstract) continue;
    by_type_[type.index] = static_cast<std::uint16_t>(plans_.size());
    plans_.push_back(make_plan(type, config));
  }
  for (TypePlan& plan : plans_) {
    add_targets(plan, config, dictionary);
    const auto nested = config.nested_objects.find(std::string(plan.type->name));
    if (nested == config.nested_objects.end()) continue;
    for (const std::string& path : nested->second) {
      if (!add_pluck(plan, path)) unknown_paths_.push_back(nested->first + "." + path);
    }
  }
}

}  // namespace etl::simplify
