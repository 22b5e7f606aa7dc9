#include "files/objects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/base64.hpp"
#include "base/digest.hpp"
#include "net/url.hpp"
#include "s3/answer.hpp"
#include "s3/send.hpp"

namespace etl::files {
namespace {

std::string unquoted(std::string etag) {
  std::erase(etag, '"');
  return etag;
}

unsigned digit(char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); }

std::string bytes_of_hex(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<char>(digit(hex[i]) << 4U | digit(hex[i + 1])));
  }
  return out;
}

/// With these keys the ETag is no md5 ("Common response headers" of the S3 API).
bool is_encrypted(const net::Response& answer) {
  const auto kind = answer.header("x-amz-server-side-encryption");
  return (kind && kind->starts_with("aws:kms")) ||
         answer.header("x-amz-server-side-encryption-customer-algorithm").has_value();
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

bool has_expired(const s3::ErrorAnswer& reason) {
  std::string message = reason.message;
  std::transform(message.begin(), message.end(), message.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return reason.code == "ExpiredToken" || message.find("expired") != std::string::npos;
}

/// Takes nothing: only the head is wanted.
class NoBody final : public net::BodySink {
 public:
  void begin(const net::Response&) override {}
  void write(std::string_view) override {}
};

}  // namespace

void refuse_signed(const net::Response& answer, const std::string& where) {
  const s3::ErrorAnswer reason = s3::parse_error_answer(answer);
  if (answer.status / 100 == 4 && has_expired(reason)) {
    throw UnavailableError(fmt::format("the signed URL has expired: HTTP {}", answer.status), where,
                           "run again; if this persists, the clocks of fence and S3 differ");
  }
  s3::refuse(answer.status, reason, where);
}

std::string put_signed(const Services& services, const std::string& url, const std::string& md5, net::Request request) {
  request.method = "PUT";
  request.url = url;
  request.headers.push_back({"Content-MD5", base64(bytes_of_hex(md5))});
  request.accept = s3::has_etag;
  const net::Response answer = s3::send_to_s3(services.http(), request);
  const std::string where = net::without_query(url);
  if (!answer.ok()) {
    const s3::ErrorAnswer reason = s3::parse_error_answer(answer);
    if (reason.code == "BadDigest") throw WrongObjectError("S3 received other bytes than were sent", where);
    if (reason.code == "NoSuchUpload") throw LostUploadError("S3 does not know the upload any more", where);
    refuse_signed(answer, where);
  }
  if (!s3::has_etag(answer)) s3::not_s3(answer, where);
  std::string etag = answer.header("ETag").value_or("");
  if (match_etag({0, unquoted(etag), is_encrypted(answer)}, md5) == EtagMatch::mismatch) {
    throw WrongObjectError("S3 stored other bytes than were sent: its ETag is another md5", where);
  }
  return etag;
}

std::optional<ObjectHead> head_object(const Services& services, const std::string& did) {
  const std::string url = services.fence.download_url(did, url_life);
  NoBody nothing;
  net::Request request{.url = url};
  request.headers = {{"Range", "bytes=0-0"}};
  request.sink = &nothing;
  // That there is no object is believed of S3 alone.
  const auto own = [](const net::Response& one) {
    return one.status == 404 ? !s3::parse_error_answer(one).code.empty() : s3::has_etag(one);
  };
  request.accept = own;
  const net::Response answer = s3::send_to_s3(services.http(), request);
  const std::string where = net::without_query(url);
  if (!own(answer)) s3::not_s3(answer, where);
  if (answer.status == 404) return std::nullopt;
  ObjectHead head{0, unquoted(answer.header("ETag").value_or("")), is_encrypted(answer)};
  if (answer.status == 416) return head;  // an empty object has no first byte
  if (answer.status == 403 && !has_expired(s3::parse_error_answer(answer))) {
    throw HiddenObjectError(
        "S3 does not show the object: HTTP 403", where,
        "allow fence's key s3:GetObject, and s3:ListBucket, without which S3 does not say that an object is missing");
  }
  if (!answer.ok()) refuse_signed(answer, where);
  const auto range = answer.header("Content-Range");
  const auto size =
      range ? number_of(range->substr(range->find('/') + 1)) : number_of(answer.header("Content-Length").value_or(""));
  if (!size) throw UnavailableError("S3's answer does not contain the size of the object", where);
  head.size = *size;
  return head;
}

EtagMatch match_etag(const ObjectHead& head, const std::string& md5) {
  if (head.etag == md5) return EtagMatch::match;
  return head.encrypted || !is_md5_hex(head.etag) ? EtagMatch::unknown : EtagMatch::mismatch;
}

EtagMatch match_multipart_etag(const ObjectHead& head, const std::string& multipart_etag) {
  if (head.etag == multipart_etag) return EtagMatch::match;
  const std::string_view etag = head.etag;
  const std::size_t dash = etag.find('-');
  const bool of_parts = dash != std::string_view::npos && is_md5_hex(etag.substr(0, dash));
  // Another number of parts is another upload, which says nothing of the bytes.
  const bool as_many =
      of_parts && etag.substr(dash) == std::string_view(multipart_etag).substr(multipart_etag.find('-'));
  return !head.encrypted && as_many ? EtagMatch::mismatch : EtagMatch::unknown;
}

std::string multipart_etag(const std::vector<std::string>& md5s) {
  Md5 all;
  for (const std::string& md5 : md5s) all.add(bytes_of_hex(md5));
  return fmt::format("{}-{}", all.hex(), md5s.size());
}

bool leads_to(const std::string& signed_url, const std::string& bucket) {
  const std::string address = net::without_query(signed_url);
  const std::size_t host = address.find("://") + 3;
  const std::size_t path = std::min(address.find('/', host), address.size());
  return address.compare(host, bucket.size() + 1, bucket + ".") == 0 ||
         address.compare(path, bucket.size() + 2, "/" + bucket + "/") == 0;
}

void require_bucket(const std::string& signed_url, const std::string& bucket) {
  if (leads_to(signed_url, bucket)) return;
  throw UsageError(fmt::format("fence signs for another bucket than {}", bucket), net::without_query(signed_url),
                   "name the bucket with --bucket");
}

}  // namespace etl::files
