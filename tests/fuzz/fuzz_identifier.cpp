// Ids and names from outside that become segments of an address's path. Each line of the input is one.

#include "base/identifier.hpp"
#include "base/project_id.hpp"
#include "curl_url.hpp"
#include "gen3/guid.hpp"
#include "net/encode.hpp"
#include "properties.hpp"

namespace {

using namespace etl;
using fuzz::require;

/// The path that a server gets to see: libcurl parses the address and resolves dot segments.
std::string path_of(const std::string& url) {
  const auto path = fuzz::curl_part(url, CURLUPART_PATH);
  require(path.has_value(), "no address with a path: " + url);
  return *path;
}

/// `segments`: encoded already.
void leads_below(const std::string& segments, std::ptrdiff_t slashes) {
  const std::string path = "/index/" + segments;
  require(path_of("https://commons.example.org" + path) == path, "a path that leads elsewhere: " + path);
  require(std::count(segments.begin(), segments.end(), '/') == slashes, "a path of other segments: " + path);
  // Proxies and frameworks decode, and then resolve once more.
  const std::string decoded = net::percent_decode(segments);
  for (std::string_view rest = decoded; slashes == std::count(decoded.begin(), decoded.end(), '/') && !rest.empty();) {
    const std::string_view part = fuzz::take_field(rest, '/');
    require(part != "." && part != "..", "a segment of dots: " + decoded);
  }
}

void check(const std::string& text) {
  if (is_fhir_id(text)) {
    require(is_guid(text), "a FHIR id that is no GUID: " + text);
    leads_below(net::path_segment(text), 0);
  }
  const auto no_guid = fuzz::refusal_of([&] {
    const std::string path = gen3::guid_path(text);
    require(path == text, "a GUID that is encoded, so that it has other characters than a GUID's: " + text);
    leads_below(path, std::count(text.begin(), text.end(), '/'));
  });
  require(no_guid.has_value() != is_guid(text), "two answers to what a GUID is: " + text);
  if (is_bucket_name(text)) leads_below(net::path_segment(text), 0);
  if (is_opaque_token(text)) require(net::percent_decode(net::percent_encode(text)) == text, "another token: " + text);
  if (is_relative_name(text)) {
    require(text.find('\0') == std::string::npos, "a relative name with a NUL");
    const std::string path = "/bucket/" + net::percent_encode_path(text);
    require(path_of("https://s3.example.org" + path) == path, "an object's address that leads elsewhere: " + path);
  }
  static_cast<void>(fuzz::refusal_of([&] {
    const ProjectId project = ProjectId::parse(text);
    require(project.str() == text, "a project id that is another's: " + text);
    require(is_project_part(project.program) && is_project_part(project.code), "parts that cannot be one: " + text);
    leads_below(net::path_segment(project.program) + '/' + net::path_segment(project.code), 1);
  }));
  static_cast<void>(fuzz::refusal_of([&] { leads_below(net::path_segment(text), 0); }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (fuzz::holds_secret(text)) return 0;  // names are shown
  check(std::string(text));
  for (const std::string_view line : fuzz::lines_of(text)) check(std::string(line));
  return 0;
}
