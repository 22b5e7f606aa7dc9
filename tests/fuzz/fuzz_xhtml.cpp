// Narratives. What is accepted goes into web pages, so pugixml reads it again, and nothing in it may run.

#include <array>
#include <pugixml.hpp>

#include "fhir/xhtml.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// As a browser reads a scheme: without white space and control characters, small letters.
std::string scheme_of(std::string_view url) {
  std::string out;
  for (const char c : url) {
    if (static_cast<unsigned char>(c) > ' ') out.push_back(lower(c));
  }
  return out.substr(0, out.find(':'));
}

void runs_nothing(const pugi::xml_node& element) {
  static constexpr std::array<std::string_view, 14> kActive{"script", "iframe", "object", "embed", "form",
                                                            "input",  "style",  "link",   "meta",  "base",
                                                            "svg",    "math",   "button", "applet"};
  const std::string name = element.name();
  require(std::ranges::find(kActive, name) == kActive.end(), "an element that runs: " + name);
  for (const pugi::xml_attribute& attribute : element.attributes()) {
    const std::string key = attribute.name();
    require(!key.starts_with("on"), "an attribute that runs: " + key);
    if (key != "href" && key != "src") continue;
    const std::string scheme = scheme_of(attribute.value());
    require(scheme != "javascript" && scheme != "vbscript", "a URL that runs: " + std::string(attribute.value()));
  }
}

void check_accepted(std::string_view text) {
  pugi::xml_document document;
  const auto read =
      document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata, pugi::encoding_utf8);
  require(read.status == pugi::status_ok, std::string("no XML: ") + read.description());
  const pugi::xml_node root = document.document_element();
  require(std::string_view(root.name()) == "div", "another root than <div>");
  require(std::string_view(root.attribute("xmlns").value()) == "http://www.w3.org/1999/xhtml", "another namespace");
  require(!root.next_sibling(), "something behind the <div>");
  struct Walk final : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
      if (node.type() == pugi::node_element) runs_nothing(node);
      return true;
    }
  } walk;
  document.traverse(walk);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (!fuzz::is_utf8(text)) return 0;  // the reader of JSON ends with it before
  const std::string issue = fhir::xhtml_problem(text);
  require(fuzz::is_utf8(issue), "an issue that cuts a character");
  require(issue.size() < 400, "an issue as long as its text");
  if (issue.empty()) check_accepted(text);
  return 0;
}
