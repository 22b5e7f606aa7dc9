#include "config/yaml_document.hpp"

#include <fmt/format.h>
#include <yaml.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/error.hpp"
#include "base/file.hpp"
#include "config/yaml_problem.hpp"

namespace etl::config {
namespace {

/// What may be parsed in all for one document, when it has to be parsed again (see UnspacedColon).
constexpr std::uint64_t kMostParsed = std::uint64_t{64} << 20U;

/// libyaml 0.2.5 refuses a colon before a bracket, brace or comma in `{host:}` and `{a:[1]}`, which YAML 1.2, PyYAML
/// and yaml-cpp read as the end of a key. With a space behind it, it is the same to all of them.
struct UnspacedColon {
  std::size_t line;    ///< from 0
  std::size_t column;  ///< in characters, from 0
};

/// `%TAG` and `%YAML` lines; libyaml compares each with all others.
constexpr std::size_t kMostDirectives = 16;

struct ParserDeleter {
  void operator()(yaml_parser_t* parser) const {
    yaml_parser_delete(parser);
    delete parser;  // NOLINT(cppcoreguidelines-owning-memory): made by make_parser()
  }
};
using Parser = std::unique_ptr<yaml_parser_t, ParserDeleter>;

Parser make_parser(std::string_view text) {
  auto raw = std::make_unique<yaml_parser_t>();
  if (yaml_parser_initialize(raw.get()) == 0) throw std::bad_alloc();
  Parser parser(raw.release());
  yaml_parser_set_encoding(parser.get(), YAML_UTF8_ENCODING);
  yaml_parser_set_input_string(parser.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  return parser;
}

class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&raw_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  [[nodiscard]] yaml_event_t& raw() { return raw_; }
  [[nodiscard]] std::size_t line() const { return raw_.start_mark.line + 1; }

 private:
  yaml_event_t raw_{};
};

std::string_view view(const yaml_char_t* text) {
  return text == nullptr ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(text));
}

bool is_null_word(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::size_t line_of_byte(std::string_view text, std::size_t byte) {
  const auto head = text.substr(0, byte);
  return 1 + static_cast<std::size_t>(std::ranges::count(head, '\n'));
}

/// The byte at which this character of this line begins.
std::size_t byte_of(std::string_view text, const UnspacedColon& place) {
  std::size_t at = 0;
  for (std::size_t line = 0; line < place.line && at < text.size(); ++line) {
    at = text.find_first_of("\r\n", at);
    if (at == std::string_view::npos) return text.size();
    at += std::size_t{text.substr(at).starts_with("\r\n") ? 2U : 1U};
  }
  const auto continues = [&](std::size_t byte) { return (static_cast<unsigned char>(text[byte]) & 0xC0U) == 0x80U; };
  for (std::size_t column = 0; column < place.column && at < text.size(); ++column) {
    do ++at;
    while (at < text.size() && continues(at));
  }
  return at;
}

std::size_t count_directives(std::string_view text) {
  std::size_t count = text.starts_with('%') ? 1 : 0;
  for (auto at = text.find("\n%"); at != std::string_view::npos; at = text.find("\n%", at + 1)) ++count;
  return count;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const noexcept {
  const auto last = std::find_if(members_.rbegin(), members_.rend(), [&](const Member& member) {
    return member.first->is_scalar() && member.first->text() == key;
  });
  return last == members_.rend() ? nullptr : last->second;
}

/// Makes a tree of libyaml's events.
class YamlBuilder {
 public:
  YamlBuilder(std::string_view text, const std::string& where, const YamlLimits& limits)
      : text_(text), where_(where), limits_(limits) {}

  YamlDocument build() {
    if (text_.size() > limits_.bytes) {
      fail(fmt::format("the file is larger than {} KiB", limits_.bytes >> 10U), 0, "check that this is the right file");
    }
    if (count_directives(text_) > kMostDirectives) {
      fail(fmt::format("more than {} YAML directives (lines that begin with `%`)", kMostDirectives), 1);
    }
    const Parser parser = make_parser(text_);
    for (bool more = true; more;) {
      Event event;
      if (yaml_parser_parse(parser.get(), &event.raw()) == 0) not_yaml(*parser);
      more = take(event);
    }
    if (document_.root_ == nullptr) document_.root_ = &document_.nodes_.emplace_back();
    return std::move(document_);
  }

 private:
  /// A collection whose end has not been read.
  struct Open {
    YamlNode* node;
    const YamlNode* key = nullptr;  ///< a map's key that waits for its value
  };

  [[noreturn]] void fail(const std::string& what, std::size_t line, const std::string& hint = {}) const {
    throw InputError(what, line == 0 ? where_ : fmt::format("{}:{}", where_, line), hint);
  }

  [[noreturn]] void not_yaml(const yaml_parser_t& parser) const {
    if (parser.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
    const std::string problem = parser.problem == nullptr ? "it cannot be read" : parser.problem;
    if (problem == "found unexpected ':'") throw UnspacedColon{parser.problem_mark.line, parser.problem_mark.column};
    if (parser.error == YAML_READER_ERROR) {
      fail("not UTF-8: " + problem, line_of_byte(text_, parser.problem_offset), "save the file as UTF-8");
    }
    const YamlExplanation explanation =
        explain({.problem = problem,
                 .line = parser.problem_mark.line + 1,
                 .context = parser.context == nullptr ? std::string_view{} : std::string_view(parser.context),
                 .begun = parser.context_mark.line + 1,
                 .quote_line = quote_line_,
                 .quote_end = quote_end_},
                text_);
    fail(explanation.what, explanation.line, explanation.hint);
  }

  /// False at the end of the text.
  bool take(Event& event) {
    const yaml_event_t& raw = event.raw();
    switch (raw.type) {
      case YAML_STREAM_END_EVENT:
        return false;
      case YAML_DOCUMENT_START_EVENT:
        if (document_.root_ != nullptr)
          fail("a second YAML document begins here: the file must hold one", event.line(),
               "remove the line `---` and what follows it, or put it in another file");
        break;
      case YAML_ALIAS_EVENT:
        alias(view(raw.data.alias.anchor), event.line());
        break;
      case YAML_SCALAR_EVENT:
        scalar(raw, event.line());
        break;
      case YAML_SEQUENCE_START_EVENT:
        begin(YamlNode::Kind::sequence, view(raw.data.sequence_start.anchor), event.line());
        break;
      case YAML_MAPPING_START_EVENT:
        begin(YamlNode::Kind::map, view(raw.data.mapping_start.anchor), event.line());
        break;
      case YAML_SEQUENCE_END_EVENT:
      case YAML_MAPPING_END_EVENT:
        end();
        break;
      default:
        break;
    }
    return true;
  }

  void scalar(const yaml_event_t& raw, std::size_t line) {
    const auto& scalar = raw.data.scalar;
    YamlNode& node = make(line);
    node.text_.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
    if ((scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE || scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE) &&
        raw.end_mark.line > raw.start_mark.line) {
      quote_line_ = line;
      quote_end_ = raw.end_mark.line + 1;
    }
    const bool plain = scalar.plain_implicit != 0 && scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node.kind_ = plain && is_null_word(node.text_) ? YamlNode::Kind::null : YamlNode::Kind::scalar;
    if (node.is_null()) node.text_.clear();
    node.merge_key_ = plain && node.text_ == "<<";
    anchor(view(scalar.anchor), node);
    place(node);
  }

  void begin(YamlNode::Kind kind, std::string_view name, std::size_t line) {
    if (open_.size() >= limits_.depth) fail(fmt::format("nested deeper than {} levels", limits_.depth), line);
    YamlNode& node = make(line);
    node.kind_ = kind;
    node.open_ = true;
    anchor(name, node);
    open_.push_back({.node = &node});
  }

  void end() {
    YamlNode& node = *open_.back().node;
    open_.pop_back();
    node.open_ = false;
    if (node.is_map()) merge(node);
    place(node);
  }

  void alias(std::string_view name, std::size_t line) {
    const auto found = anchors_.find(name);
    if (found == anchors_.end())
      // Without its name: a password that begins with a star and has no quotes is read as an alias.
      fail("an alias (a value that begins with `*`) has no anchor before it", line,
           "define the anchor, or put the text in quotes");
    if (found->second->open_)
      fail("an alias (a value that begins with `*`) is part of the value that it repeats", line);
    spend(found->second->weight_, line);
    place(*found->second);
  }

  YamlNode& make(std::size_t line) {
    spend(1, line);
    YamlNode& node = document_.nodes_.emplace_back();
    node.line_ = line;
    return node;
  }

  void spend(std::size_t nodes, std::size_t line) {
    // `spent_` never exceeds the limit, and a weight never exceeds what was spent: the sum cannot overflow.
    spent_ += nodes;
    if (spent_ > limits_.nodes) {
      fail(fmt::format("more than {} values, with every alias written out", limits_.nodes), line);
    }
  }

  void anchor(std::string_view name, YamlNode& node) {
    if (!name.empty()) anchors_.insert_or_assign(std::string(name), &node);
  }

  /// Into what is open, or as the root.
  void place(const YamlNode& node) {
    if (open_.empty()) {
      document_.root_ = &node;
      return;
    }
    Open& parent = open_.back();
    parent.node->weight_ += node.weight_;
    if (parent.node->is_sequence()) {
      parent.node->items_.push_back(&node);
    } else if (parent.key == nullptr) {
      parent.key = &node;
    } else {
      parent.node->members_.emplace_back(parent.key, &node);
      parent.key = nullptr;
    }
  }

  /// Replaces merge keys by the members that they bring.
  void merge(YamlNode& map) {
    const auto is_merge = [](const YamlNode::Member& member) { return member.first->merge_key_; };
    if (std::ranges::none_of(map.members_, is_merge)) return;
    std::vector<YamlNode::Member> own;
    std::vector<const YamlNode*> sources;
    for (const auto& member : map.members_) {
      if (!is_merge(member)) {
        own.push_back(member);
      } else if (member.second->is_sequence()) {
        sources.insert(sources.end(), member.second->items().begin(), member.second->items().end());
      } else {
        sources.push_back(member.second);
      }
    }
    // Of several sources the first that has a key counts; the map's own members count more.
    std::set<std::string_view> known;
    for (const auto& [key, value] : own) {
      if (key->is_scalar()) known.insert(key->text());
    }
    std::vector<YamlNode::Member> merged;
    for (const YamlNode* source : sources) {
      if (!source->is_map()) fail("a merge key (`<<`) needs a map or a list of maps", map.line());
      for (const auto& member : source->members()) {
        if (member.first->is_scalar() && known.insert(member.first->text()).second) merged.push_back(member);
      }
    }
    merged.insert(merged.end(), own.begin(), own.end());
    map.members_ = std::move(merged);
  }

  std::string_view text_;
  const std::string& where_;
  const YamlLimits& limits_;
  YamlDocument document_;
  std::vector<Open> open_;
  std::map<std::string, YamlNode*, std::less<>> anchors_;
  std::size_t spent_ = 0;
  std::size_t quote_line_ = 0;  ///< where the last quoted text that spans lines begins
  std::size_t quote_end_ = 0;   ///< and where it ends
};

YamlDocument YamlDocument::parse(std::string_view text, const std::string& where, const YamlLimits& limits) {
  std::string spaced;
  std::uint64_t parsed = 0;
  for (;;) {
    const std::string_view now = spaced.empty() ? text : std::string_view(spaced);
    parsed += now.size();
    try {
      return YamlBuilder(now, where, limits).build();
    } catch (const UnspacedColon& colon) {
      const std::size_t at = byte_of(now, colon);
      if (parsed > kMostParsed || at >= now.size() || now[at] != ':') {
        throw InputError("not YAML: a colon is not followed by a space", fmt::format("{}:{}", where, colon.line + 1));
      }
      if (spaced.empty()) spaced = text;
      spaced.insert(at + 1, 1, ' ');
    }
  }
}

YamlDocument YamlDocument::load(const std::filesystem::path& file, const YamlLimits& limits) {
  return parse(read_file(file, limits.bytes), file.string(), limits);
}

}  // namespace etl::config
