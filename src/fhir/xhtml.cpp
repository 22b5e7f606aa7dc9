#include "fhir/xhtml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace etl::fhir {
namespace {

constexpr std::string_view xhtml_namespace = "http://www.w3.org/1999/xhtml";

// HTML 4.01, chapters 7 to 11 (without section 4 of chapter 9) and 15, without what is deprecated there, and a, img,
// map, area. Sorted.
constexpr auto elements = std::to_array<std::string_view>(
    {"a",     "abbr", "acronym", "address",  "area",  "b",     "bdo",  "big",    "blockquote", "br",  "caption",
     "cite",  "code", "col",     "colgroup", "dd",    "dfn",   "div",  "dl",     "dt",         "em",  "h1",
     "h2",    "h3",   "h4",      "h5",       "h6",    "hr",    "i",    "img",    "kbd",        "li",  "map",
     "ol",    "p",    "pre",     "q",        "samp",  "small", "span", "strong", "sub",        "sup", "table",
     "tbody", "td",   "tfoot",   "th",       "thead", "tr",    "tt",   "ul",     "var"});

// Attributes of every element, and those that HTML 4.01 gives to some of the elements above. Sorted.
constexpr auto common_attributes = std::to_array<std::string_view>(
    {"abbr", "accesskey", "align",   "axis",  "char", "charoff", "class",    "colspan", "dir",    "headers",
     "id",   "lang",      "rowspan", "scope", "span", "style",   "tabindex", "title",   "valign", "width"});
constexpr auto own_attributes = std::to_array<std::string_view>({"a.charset",
                                                                 "a.coords",
                                                                 "a.href",
                                                                 "a.hreflang",
                                                                 "a.name",
                                                                 "a.rel",
                                                                 "a.rev",
                                                                 "a.shape",
                                                                 "a.target",
                                                                 "a.type",
                                                                 "area.alt",
                                                                 "area.coords",
                                                                 "area.href",
                                                                 "area.nohref",
                                                                 "area.shape",
                                                                 "blockquote.cite",
                                                                 "img.alt",
                                                                 "img.border",
                                                                 "img.height",
                                                                 "img.ismap",
                                                                 "img.longdesc",
                                                                 "img.src",
                                                                 "img.usemap",
                                                                 "li.value",
                                                                 "map.name",
                                                                 "ol.start",
                                                                 "ol.type",
                                                                 "q.cite",
                                                                 "table.border",
                                                                 "table.cellpadding",
                                                                 "table.cellspacing",
                                                                 "table.frame",
                                                                 "table.rules",
                                                                 "table.summary",
                                                                 "td.nowrap",
                                                                 "th.nowrap"});

// The entities of XHTML 1.0 (Latin 1, symbols, special characters) and of XML. Sorted in bytes.
constexpr auto entities = std::to_array<std::string_view>(
    {"AElig",    "Aacute", "Acirc",   "Agrave",  "Alpha",   "Aring",  "Atilde",  "Auml",    "Beta",   "Ccedil",
     "Chi",      "Dagger", "Delta",   "ETH",     "Eacute",  "Ecirc",  "Egrave",  "Epsilon", "Eta",    "Euml",
     "Gamma",    "Iacute", "Icirc",   "Igrave",  "Iota",    "Iuml",   "Kappa",   "Lambda",  "Mu",     "Ntilde",
     "Nu",       "OElig",  "Oacute",  "Ocirc",   "Ograve",  "Omega",  "Omicron", "Oslash",  "Otilde", "Ouml",
     "Phi",      "Pi",     "Prime",   "Psi",     "Rho",     "Scaron", "Sigma",   "THORN",   "Tau",    "Theta",
     "Uacute",   "Ucirc",  "Ugrave",  "Upsilon", "Uuml",    "Xi",     "Yacute",  "Yuml",    "Zeta",   "aacute",
     "acirc",    "acute",  "aelig",   "agrave",  "alefsym", "alpha",  "amp",     "and",     "ang",    "apos",
     "aring",    "asymp",  "atilde",  "auml",    "bdquo",   "beta",   "brvbar",  "bull",    "cap",    "ccedil",
     "cedil",    "cent",   "chi",     "circ",    "clubs",   "cong",   "copy",    "crarr",   "cup",    "curren",
     "dArr",     "dagger", "darr",    "deg",     "delta",   "diams",  "divide",  "eacute",  "ecirc",  "egrave",
     "empty",    "emsp",   "ensp",    "epsilon", "equiv",   "eta",    "eth",     "euml",    "euro",   "exist",
     "fnof",     "forall", "frac12",  "frac14",  "frac34",  "frasl",  "gamma",   "ge",      "gt",     "hArr",
     "harr",     "hearts", "hellip",  "iacute",  "icirc",   "iexcl",  "igrave",  "image",   "infin",  "int",
     "iota",     "iquest", "isin",    "iuml",    "kappa",   "lArr",   "lambda",  "lang",    "laquo",  "larr",
     "lceil",    "ldquo",  "le",      "lfloor",  "lowast",  "loz",    "lrm",     "lsaquo",  "lsquo",  "lt",
     "macr",     "mdash",  "micro",   "middot",  "minus",   "mu",     "nabla",   "nbsp",    "ndash",  "ne",
     "ni",       "not",    "notin",   "nsub",    "ntilde",  "nu",     "oacute",  "ocirc",   "oelig",  "ograve",
     "oline",    "omega",  "omicron", "oplus",   "or",      "ordf",   "ordm",    "oslash",  "otilde", "otimes",
     "ouml",     "para",   "part",    "permil",  "perp",    "phi",    "pi",      "piv",     "plusmn", "pound",
     "prime",    "prod",   "prop",    "psi",     "quot",    "rArr",   "radic",   "rang",    "raquo",  "rarr",
     "rceil",    "rdquo",  "real",    "reg",     "rfloor",  "rho",    "rlm",     "rsaquo",  "rsquo",  "sbquo",
     "scaron",   "sdot",   "sect",    "shy",     "sigma",   "sigmaf", "sim",     "spades",  "sub",    "sube",
     "sum",      "sup",    "sup1",    "sup2",    "sup3",    "supe",   "szlig",   "tau",     "there4", "theta",
     "thetasym", "thinsp", "thorn",   "tilde",   "times",   "trade",  "uArr",    "uacute",  "uarr",   "ucirc",
     "ugrave",   "uml",    "upsih",   "upsilon", "uuml",    "weierp", "xi",      "yacute",  "yen",    "yuml",
     "zeta",     "zwj",    "zwnj"});

constexpr std::size_t most_levels = 1024;

constexpr bool is_sorted_list(const auto& names) { return std::ranges::is_sorted(names); }
static_assert(is_sorted_list(elements) && is_sorted_list(common_attributes) && is_sorted_list(own_attributes) &&
              is_sorted_list(entities));

bool is_name(char c) noexcept {
  return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '_' || c == '.' || c == ':';
}

/// XML 1.0 allows no other control characters, whether as they are or as a reference.
bool has_control(std::string_view text) noexcept {
  unsigned found = 0;
  for (const char c : text) {
    found |= static_cast<unsigned>(static_cast<unsigned char>(c) < 0x20) &
             static_cast<unsigned>(c != '\t' && c != '\n' && c != '\r');
  }
  return found != 0;
}

/// The character that `#123` or `#x7b` stands for; 0 when it stands for none of XML's.
std::uint32_t character_of(std::string_view reference) noexcept {
  reference.remove_prefix(1);
  const bool hex = reference.starts_with('x');
  if (hex) reference.remove_prefix(1);
  if (reference.empty()) return 0;
  std::uint32_t value = 0;
  for (const char c : reference) {
    const char l = ascii_lower(c);
    std::uint32_t digit = 16;
    if (is_ascii_digit(c)) digit = static_cast<std::uint32_t>(c - '0');
    if (hex && l >= 'a' && l <= 'f') digit = static_cast<std::uint32_t>(l - 'a' + 10);
    if (digit >= (hex ? 16U : 10U)) return 0;
    value = value * (hex ? 16 : 10) + digit;
    if (value > 0x10FFFF) return 0;
  }
  const bool control = value < 0x20 && value != 9 && value != 10 && value != 13;
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  return control || surrogate || value == 0xFFFE || value == 0xFFFF ? 0 : value;
}

/// An attribute's value as a browser compares it: references to ASCII characters resolved, small letters, and neither
/// white space nor control characters, which hide a scheme from a simple search.
std::string normalized(std::string_view value) {
  std::string out;
  std::size_t end = 0;  // the first ';' behind `at`, as far as it was looked for: many '&' share one search
  for (std::size_t at = 0; at < value.size(); ++at) {
    char c = value[at];
    if (c == '&' && end <= at) end = value.find(';', at);
    if (c == '&' && end != std::string_view::npos) {
      const std::string_view name = value.substr(at + 1, end - at - 1);
      std::uint32_t point = 0x80;
      if (name.starts_with('#')) point = character_of(name);
      if (name == "amp") point = '&';
      c = point < 0x80 ? static_cast<char>(point) : '?';
      at = end;
    }
    if (static_cast<unsigned char>(c) > ' ') out.push_back(ascii_lower(c));
  }
  return out;
}

/// Can following this URL run something? Images may stand in the narrative as data.
bool is_active_url(std::string_view value, bool image) {
  const std::string url = normalized(value);
  for (const std::string_view scheme : {"javascript:", "vbscript:", "livescript:", "mocha:"}) {
    if (url.starts_with(scheme)) return true;
  }
  return url.starts_with("data:") && !(image && url.starts_with("data:image/"));
}

/// Can this style run or fetch something? Escapes and comments of CSS are resolved first.
bool is_active_style(std::string_view value) {
  const std::string text = normalized(value);
  std::string style;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.compare(at, 2, "/*") == 0) {
      const std::size_t end = text.find("*/", at + 2);
      if (end == std::string::npos) break;
      at = end + 1;
    } else if (text[at] == '\\') {
      unsigned point = 0;
      std::size_t end = at + 1;
      while (end < text.size() && end < at + 7 && character_of(std::string("#x0") + text[end]) != 0U) ++end;
      for (std::size_t digit = at + 1; digit < end; ++digit) {
        point = point * 16 +
                static_cast<unsigned>(is_ascii_digit(text[digit]) ? text[digit] - '0' : text[digit] - 'a' + 10);
      }
      if (end == at + 1) continue;  // the character behind it stands for itself
      if (point < 0x80) style.push_back(ascii_lower(static_cast<char>(point)));
      at = end - 1;
    } else {
      style.push_back(text[at]);
    }
  }
  for (const std::string_view active :
       {"expression(", "javascript:", "vbscript:", "behavior:", "-moz-binding", "@import"}) {
    if (style.find(active) != std::string::npos) return true;
  }
  return false;
}

/// Of a value in a message, in bytes.
constexpr std::size_t most_shown = 40;

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  /// What is wrong, or nothing.
  std::string run() {
    if (has_control(text_)) return "a control character in the XHTML; expected none";
    while (at_ < text_.size() && wrong_.empty()) {
      if (text_[at_] == '<') {
        markup();
      } else {
        characters();
      }
    }
    if (!wrong_.empty()) return std::move(wrong_);
    if (!open_.empty()) return fmt::format("<{}> is not closed in the XHTML", shortened(open_.back(), most_shown));
    if (!rooted_) return std::string(expected_root);
    if (!content_) return "an empty narrative; expected some text or an image in it";
    return {};
  }

 private:
  static constexpr std::string_view expected_root =
      "not XHTML of a narrative; expected <div xmlns=\"http://www.w3.org/1999/xhtml\"> around all of it";

  void fail(std::string message) {
    if (wrong_.empty()) wrong_ = std::move(message);
  }

  /// Text up to the next markup.
  void characters() {
    const std::size_t end = std::min(text_.find('<', at_), text_.size());
    const std::string_view run = text_.substr(at_, end - at_);
    at_ = end;
    if (open_.empty()) {
      if (!std::ranges::all_of(run, is_ascii_space)) fail(std::string(expected_root));
      return;
    }
    if (run.find("]]>") != std::string_view::npos) fail("\"]]>\" in the text of the XHTML; expected \"]]&gt;\"");
    references(run);
    if (!content_) content_ = !std::ranges::all_of(run, is_ascii_space);
  }

  /// Every & of `text` must begin a reference.
  void references(std::string_view text) {
    for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
      const std::size_t end = text.find(';', at);
      const std::string_view name =
          end == std::string_view::npos ? std::string_view{} : text.substr(at + 1, end - at - 1);
      const bool known = name.starts_with('#') ? character_of(name) != 0 : std::ranges::binary_search(entities, name);
      if (!known) {
        fail(fmt::format(
            "\"{}\" in the XHTML; expected an entity of XHTML or &amp;",
            name.empty() ? shortened(text.substr(at), 12) : shortened(text.substr(at, name.size() + 2), most_shown)));
        return;
      }
    }
  }

  void markup() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("<!--")) {
      const std::size_t end = rest.find("--", 4);
      if (end == std::string_view::npos || end + 2 >= rest.size() || rest[end + 2] != '>') {
        fail("a malformed comment in the XHTML; expected <!-- … --> without \"--\" inside");
        return;
      }
      at_ += end + 3;
    } else if (rest.starts_with("<![CDATA[") && !open_.empty()) {
      const std::size_t end = rest.find("]]>");
      if (end == std::string_view::npos) {
        fail("a CDATA section that is not closed in the XHTML");
        return;
      }
      content_ = content_ || !std::ranges::all_of(rest.substr(9, end - 9), is_ascii_space);
      at_ += end + 3;
    } else if (rest.starts_with("<!") || rest.starts_with("<?")) {
      fail("a declaration or processing instruction in the XHTML; expected none");
    } else if (rest.starts_with("</")) {
      close_tag();
    } else {
      open_tag();
    }
  }

  std::string_view name() {
    const std::size_t begin = at_;
    if (at_ < text_.size() && (is_ascii_letter(text_[at_]) || text_[at_] == '_' || text_[at_] == ':')) {
      while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    }
    return text_.substr(begin, at_ - begin);
  }

  bool skip_space() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_ascii_space(text_[at_])) ++at_;
    return at_ > begin;
  }

  void close_tag() {
    at_ += 2;
    const std::string_view tag = name();
    static_cast<void>(skip_space());
    if (at_ >= text_.size() || text_[at_] != '>' || tag.empty()) {
      fail("a malformed closing tag in the XHTML");
      return;
    }
    ++at_;
    if (open_.empty() || open_.back() != tag) {
      fail(open_.empty() ? fmt::format("</{}> closes nothing in the XHTML", shortened(tag, most_shown))
                         : fmt::format("</{}> in the XHTML; expected </{}>", shortened(tag, most_shown),
                                       shortened(open_.back(), most_shown)));
      return;
    }
    open_.pop_back();
  }

  void open_tag() {
    ++at_;
    const std::string_view tag = name();
    if (open_.empty() && (rooted_ || tag != "div")) {
      fail(std::string(expected_root));
      return;
    }
    if (!std::ranges::binary_search(elements, tag)) {
      fail(tag.empty() ? "\"<\" that begins no tag in the XHTML; expected &lt;"
                       : fmt::format("<{}> in the XHTML; expected only elements that FHIR allows in a narrative",
                                     shortened(tag, most_shown)));
      return;
    }
    attributes_.clear();
    namespaces_.clear();
    bool space = skip_space();
    while (at_ < text_.size() && text_[at_] != '>' && text_[at_] != '/') {
      if (!space) {
        fail(fmt::format("a malformed tag <{} in the XHTML", tag));
        return;
      }
      attribute(tag);
      if (!wrong_.empty()) return;
      space = skip_space();
    }
    const bool closes = text_.substr(at_).starts_with("/>");
    if (!closes && !text_.substr(at_).starts_with('>')) {
      fail(fmt::format("a malformed tag <{} in the XHTML", tag));
      return;
    }
    at_ += closes ? 2 : 1;
    if (!rooted_ && std::ranges::find(attributes_, "xmlns") == attributes_.end()) fail(std::string(expected_root));
    rooted_ = true;
    content_ = content_ || tag == "img";
    if (closes) return;
    if (open_.size() == most_levels) fail("more than 1,024 levels of elements in the XHTML");
    open_.push_back(tag);
  }

  void attribute(std::string_view tag) {
    const std::string_view key = name();
    static_cast<void>(skip_space());
    if (key.empty() || at_ >= text_.size() || text_[at_] != '=') {
      fail(fmt::format("a malformed attribute of <{}> in the XHTML", tag));
      return;
    }
    ++at_;
    static_cast<void>(skip_space());
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const std::size_t end = quote == '"' || quote == '\'' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      fail(fmt::format("{} of <{}> in the XHTML has no quotes around its value", shortened(key, most_shown), tag));
      return;
    }
    const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    if (value.find('<') != std::string_view::npos) {
      fail(fmt::format("\"<\" in {} of <{}> in the XHTML; expected &lt;", shortened(key, most_shown), tag));
    }
    references(value);
    if (!is_first(key)) fail(fmt::format("{} of <{}> appears twice in the XHTML", shortened(key, most_shown), tag));
    judge(tag, key, value);
  }

  /// Notes that the tag at hand has the attribute; false when it had it before. Only namespaces may have any name, so
  /// there may be any number of them.
  bool is_first(std::string_view key) {
    if (key.starts_with("xmlns:")) return namespaces_.insert(key).second;
    if (std::ranges::find(attributes_, key) != attributes_.end()) return false;
    attributes_.push_back(key);
    return true;
  }

  /// Is the attribute one that FHIR allows, and does its value run nothing?
  void judge(std::string_view tag, std::string_view key, std::string_view value) {
    if (key == "xmlns") {
      if (value != xhtml_namespace) fail(std::string(expected_root));
      return;
    }
    if (key.starts_with("xmlns:") || key == "xml:lang" || key == "xml:space") return;
    own_.assign(tag).append(1, '.').append(key);
    if (!std::ranges::binary_search(common_attributes, key) &&
        !std::ranges::binary_search(own_attributes, std::string_view(own_))) {
      fail(fmt::format("{} of <{}> in the XHTML; expected only attributes that FHIR allows in a narrative",
                       shortened(key, most_shown), tag));
    } else if (key == "style" ? is_active_style(value) : is_url(key) && is_active_url(value, key == "src")) {
      fail(fmt::format("{} of <{}> in the XHTML is \"{}\"; expected nothing that runs", key, tag,
                       shortened(value, most_shown)));
    }
  }

  static bool is_url(std::string_view key) noexcept {
    return key == "href" || key == "src" || key == "longdesc" || key == "cite" || key == "usemap";
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool rooted_ = false;   ///< the outer <div> has been met
  bool content_ = false;  ///< text or an image
  std::vector<std::string_view> open_;
  std::vector<std::string_view> attributes_;  ///< of the tag at hand
  std::set<std::string_view> namespaces_;     ///< those that it declares with a prefix
  std::string own_;
  std::string wrong_;
};

}  // namespace

std::string xhtml_problem(std::string_view text) { return Parser(text).run(); }

}  // namespace etl::fhir
