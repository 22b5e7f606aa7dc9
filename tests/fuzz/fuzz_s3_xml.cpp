// S3's and STS's XML: errors, and texts that go into it.

#include "properties.hpp"
#include "s3/answer.hpp"
#include "s3/xml.hpp"

namespace {

using namespace etl;
using fuzz::require;

void require_printable(const std::string& text) {
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    require((code >= 0x20 && code != 0x7F) || c == '\n' || c == '\t', "a control character in: " + text);
  }
}

void errors(std::string_view body) {
  for (const long status : {200L, 301L, 400L, 403L, 404L, 503L}) {
    const net::Response response{.status = status, .headers = {}, .body = std::string(body)};
    const s3::ErrorAnswer issue = s3::parse_error_answer(response);
    require(issue.code.size() + issue.message.size() + issue.region.size() <= 4 * body.size(), "an error that grows");
    const auto refused = fuzz::refusal_of([&] { s3::refuse(response, "bucket/key"); });
    require(refused.has_value(), "an error was accepted");
    require_printable(refused->all());
  }
}

void documents(std::string_view body) {
  const auto refused = fuzz::refusal_of([&] {
    const s3::Xml xml(body, "ListBucketResult", "bucket");
    for (const auto& node : xml.root().children("Contents")) {
      require(s3::text_of(node, "Key").size() <= body.size(), "a key longer than the document");
      static_cast<void>(s3::number_of(node, "Size", "bucket"));
    }
  });
  // net::UnexpectedAnswerError
  if (refused) require(refused->code == ExitCode::usage && refused->where == "bucket", "another error");
}

/// XML cannot hold NUL; everything else must come back byte by byte.
void texts(std::string_view text) {
  if (text.empty() || text.find('\0') != std::string_view::npos) return;
  const s3::Xml xml("<A><Key>" + s3::xml_escape(text) + "</Key></A>", "A", "here");
  require(s3::text_of(xml.root(), "Key") == text, "a text is another one when it is escaped and read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (!fuzz::holds_secret(text)) errors(text);  // what S3 says is shown
  documents(text);
  texts(text);
  return 0;
}
