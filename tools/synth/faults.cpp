#include "faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/error.hpp"

namespace etl::synth {

namespace {

constexpr Type victims[] = {Type::Observation, Type::Condition, Type::ResearchSubject};

/// Name, the step that should find it, and the path of the element (behind the type), for the list.
struct Kind {
  std::string_view name;
  std::string_view found_by;
  std::string_view path;
};

constexpr Kind kinds[] = {
    {"unknown-element", "validate", "favouriteColour"},
    {"bad-date", "validate", ""},          // see date_path
    {"missing-required", "validate", ""},  // see required
    {"dangling-reference", "load", "subject"},
    {"duplicate-id", "load", "id"},
    {"broken-json", "read", ""},
    {"wrong-type", "validate", ""},  // see required
    {"wrong-cardinality", "validate", ""},
    {"unknown-type", "validate", "resourceType"},
    {"missing-id", "validate", "id"},
};

constexpr std::uint64_t no_such_record = 0xFFFF'FFFF'FFFFULL;

/// The required scalar that is spoilt: a member with a code, or a concept.
std::string_view required(Type type) { return type == Type::Condition ? "clinicalStatus" : "status"; }

std::string_view date_path(Type type) {
  switch (type) {
    case Type::Observation:
      return "effectiveDateTime";
    case Type::Condition:
      return "recordedDate";
    default:
      return "period.start";
  }
}

/// Start and end of the member `"name":value` with the comma before it; the first of this name is taken.
std::pair<std::size_t, std::size_t> member(const std::string& text, std::size_t start, std::string_view name) {
  const std::size_t begin = text.find(fmt::format(",\"{}\":", name), start);
  std::size_t at = begin + name.size() + 4;
  int depth = 0;
  for (; at < text.size(); ++at) {
    const char now = text[at];
    if (now == '"') {
      for (++at; text[at] != '"'; ++at) {
        at += text[at] == '\\' ? 1U : 0U;
      }
    } else if (now == '{' || now == '[') {
      ++depth;
    } else if (now == '}' || now == ']') {
      if (--depth < 0) {
        break;
      }
    } else if (now == ',' && depth == 0) {
      break;
    }
  }
  return {begin, at};
}

void replace_member(std::string& text, std::size_t start, std::string_view name, std::string_view by) {
  const auto [begin, end] = member(text, start, name);
  text.replace(begin, end - begin, by);
}

}  // namespace

Faults::Faults(const World& world, std::uint64_t count) : world_(world) {
  std::uint64_t room = 0;
  for (const Type type : victims) {
    room += world.plan.count(type) - world.plan.first_leaf(type);
  }
  if (count > room) {
    throw UsageError("the study has room for " + std::to_string(room) + " faults, not " + std::to_string(count), {},
                     "ask for more --records or for fewer --faults");
  }
  for (std::uint64_t i = 0; i < count; ++i) {
    // in the middle of each of `count` equal stretches; room is below 2^24, so nothing overflows
    std::uint64_t place = (2 * i + 1) * room / (2 * count);
    for (const Type type : victims) {
      const std::uint64_t first = world.plan.first_leaf(type);
      const std::uint64_t leaves = world.plan.count(type) - first;
      if (place < leaves) {
        faults_.push_back({static_cast<IssueKind>(i % std::size(kinds)), type, first + place});
        break;
      }
      place -= leaves;
    }
  }
  std::sort(faults_.begin(), faults_.end(),
            [](const Fault& a, const Fault& b) { return std::tie(a.type, a.index) < std::tie(b.type, b.index); });
}

std::optional<IssueKind> Faults::at(Type type, std::uint64_t index) const {
  const auto found = std::lower_bound(
      faults_.begin(), faults_.end(), std::pair(type, index),
      [](const Fault& a, const auto& b) { return std::tie(a.type, a.index) < std::tie(b.first, b.second); });
  return found != faults_.end() && found->type == type && found->index == index ? std::optional(found->kind)
                                                                                : std::nullopt;
}

void Faults::spoil(std::string& out, std::size_t start, const Fault& fault) const {
  const std::string_view name = required(fault.type);
  switch (fault.kind) {
    case IssueKind::unknown_element:
      out.insert(out.size() - 1, R"(,"favouriteColour":"blue")");
      break;
    case IssueKind::bad_date:
      if (fault.type == Type::ResearchSubject) {
        replace_member(out, start, "period", R"(,"period":{"start":"2023-13-45"})");
      } else {
        replace_member(out, start, date_path(fault.type), fmt::format(R"(,"{}":"2023-13-45")", date_path(fault.type)));
      }
      break;
    case IssueKind::missing_required:
      replace_member(out, start, name, "");
      break;
    case IssueKind::dangling_reference: {
      std::string link = R"(,"subject":{"reference":"Patient/)";
      world_.append_id(link, Type::Patient, no_such_record - fault.index);
      link += "\"}";
      replace_member(out, start, "subject", link);
      break;
    }
    case IssueKind::duplicate_id: {
      std::string id = R"(,"id":")";
      world_.append_id(id, fault.type, 0);
      id += '"';
      replace_member(out, start, "id", id);
      break;
    }
    case IssueKind::broken_json:
      out.resize(start + (out.size() - start) * 2 / 3);
      break;
    case IssueKind::wrong_type:
      replace_member(out, start, name, fmt::format(",\"{}\":42", name));
      break;
    case IssueKind::wrong_cardinality: {
      const auto [begin, end] = member(out, start, name);
      const std::size_t value = begin + name.size() + 4;
      out.insert(end, 1, ']').insert(value, 1, '[');
      break;
    }
    case IssueKind::unknown_type:
      out.insert(out.find(R"(","id")", start), 1, 's');
      break;
    case IssueKind::missing_id:
      replace_member(out, start, "id", "");
      break;
  }
}

std::string Faults::json(std::string_view suffix) const {
  std::string out = fmt::format("{{\n  \"study\": \"{}\",\n  \"faults\": [", world_.study);
  std::string_view comma;
  for (const Fault& fault : faults_) {
    const Kind& kind = kinds[static_cast<std::size_t>(fault.kind)];
    std::string path(name_of(fault.type));
    if (fault.kind != IssueKind::broken_json) {
      path.push_back('.');
      path.append(!kind.path.empty()                  ? kind.path
                  : fault.kind == IssueKind::bad_date ? date_path(fault.type)
                                                      : required(fault.type));
    }
    std::string id;
    world_.append_id(id, fault.type, fault.kind == IssueKind::duplicate_id ? 0 : fault.index);
    fmt::format_to(
        std::back_inserter(out),
        R"({}{}    {{"kind": "{}", "found_by": "{}", "file": "studies/{}/{}{}", "line": {}, "path": "{}", "type": "{}", "id": "{}"}})",
        comma, '\n', kind.name, kind.found_by, world_.study, name_of(fault.type), suffix, fault.index + 1, path,
        name_of(fault.type), id);
    comma = ",";
  }
  out.append("\n  ]\n}\n");
  return out;
}

}  // namespace etl::synth
