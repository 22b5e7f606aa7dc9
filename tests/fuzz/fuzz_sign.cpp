// Signature Version 4. Lines of the input: method, address, then headers as `Name: value`, an empty line, and the body.

#include "net/encode.hpp"
#include "properties.hpp"
#include "s3/sign.hpp"

namespace {

using namespace etl;
using fuzz::require;

s3::Credentials key() { return {"AKIDEXAMPLE", std::string(fuzz::kSecret), "session token/+=", "here"}; }

s3::SignContext context() {
  s3::SignContext context;
  context.at = std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} + std::chrono::hours(1);
  return context;
}

net::Request request_of(std::string_view text) {
  net::Request request;
  request.method = std::string(fuzz::take_field(text));
  request.url = std::string(fuzz::take_field(text));
  while (!text.empty()) {
    std::string_view line = fuzz::take_field(text);
    if (line.empty()) break;
    const std::string_view name = fuzz::take_field(line, ':');
    request.headers.push_back({std::string(name), std::string(line)});
  }
  request.body = std::string(text);
  return request;
}

std::string authorization(net::Request& request) {
  s3::sign(request, key(), context());
  std::string found;
  std::size_t count = 0;
  for (const auto& header : request.headers) {
    fuzz::require_no_secret(header.value);
    if (header.name != "Authorization") continue;
    found = header.value;
    ++count;
  }
  require(count == 1, "not one signature");
  return found;
}

bool unique_names(const net::Headers& headers) {
  std::vector<std::string> names;
  for (const auto& header : headers) {
    names.push_back(header.name);
    for (char& c : names.back()) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

/// The address with its query's parameters in the opposite order.
std::string turned(const std::string& url) {
  std::string_view rest = std::string_view(url).substr(0, url.find('#'));
  const std::size_t mark = rest.find('?');
  if (mark == std::string_view::npos) return url;
  std::string out(rest.substr(0, mark + 1));
  rest.remove_prefix(mark + 1);
  std::vector<std::string_view> parameters;
  while (!rest.empty()) parameters.push_back(fuzz::take_field(rest, '&'));
  for (auto one = parameters.rbegin(); one != parameters.rend(); ++one) out.append(*one).append("&");
  return out;
}

void by_header(const net::Request& request) {
  net::Request signed_once = request;
  std::string once;
  if (fuzz::refusal_of([&] { once = authorization(signed_once); })) return;
  net::Request signed_twice = signed_once;
  require(authorization(signed_twice) == once, "a signed request has another signature when it is signed again");

  net::Request other = request;
  other.url = turned(request.url);
  require(authorization(other) == once, "the order of the query changes the signature");
  if (!unique_names(request.headers)) return;
  other = request;
  std::reverse(other.headers.begin(), other.headers.end());
  for (auto& header : other.headers) {
    for (char& c : header.name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    header.value = "  " + header.value + " ";
  }
  require(authorization(other) == once, "order, case or blanks of headers change the signature");
  other = request;
  other.body += '!';
  const bool digest_given = request.headers.end() != std::find_if(request.headers.begin(), request.headers.end(),
                                                                  [](const auto& one) { return one.name.empty(); });
  if (!digest_given) require(authorization(other) != once, "another body has the same signature");
}

void by_query(const net::Request& request) {
  std::string url;
  if (fuzz::refusal_of(
          [&] { url = s3::presign(request.method, request.url, std::chrono::seconds(60), key(), context()); }))
    return;
  fuzz::require_no_secret(url);
  require(url == s3::presign(request.method, request.url, std::chrono::seconds(60), key(), context()),
          "the same address is signed in two ways");
  require(url.starts_with(request.url.substr(0, request.url.find('#'))), "a signed address is another address");
  const std::string_view mark = "&X-Amz-Signature=";
  const std::size_t at = url.rfind(mark);
  require(at != std::string::npos && url.size() == at + mark.size() + 64, "no signature at the end");
  require(url.find('#') == std::string::npos, "a signature in the fragment, which is not sent");
}

void encoding(std::string_view text) {
  const std::string encoded = net::percent_encode(text);
  require(net::percent_decode(encoded) == text, "encoded and decoded, it is another text");
  require(encoded.find_first_of("/?#&= \r\n") == std::string::npos, "a character that is not encoded");
  require(net::percent_encode(net::percent_decode(encoded)) == encoded, "another encoding of the same text");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  encoding(text);
  if (fuzz::holds_secret(text)) return 0;
  const net::Request request = request_of(text);
  by_header(request);
  by_query(request);
  return 0;
}
