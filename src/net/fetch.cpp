#include "net/fetch.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"
#include "base/file.hpp"
#include "net/curl.hpp"

namespace etl::net {
namespace {

struct Sink {
  std::string body;
  std::size_t limit;
  bool overflow = false;
};

std::size_t receive(char* data, std::size_t size, std::size_t count, void* to) {
  auto& sink = *static_cast<Sink*>(to);
  const auto bytes = size * count;
  if (sink.body.size() + bytes > sink.limit) {
    sink.overflow = true;
    return 0;  // anything but `bytes` stops the transfer
  }
  sink.body.append(data, bytes);
  return bytes;
}

[[noreturn]] void too_large(const std::string& where, std::size_t limit) {
  throw InputError(fmt::format("the document is larger than {} MiB", limit >> 20U), where,
                   "check that the address is the right one");
}

[[noreturn]] void refuse(CURLcode code, const std::string& where, const FetchLimits& limits) {
  refuse_if_permanent(code, where);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    throw UnavailableError(fmt::format("no answer within {} s", limits.total.count() / 1000), where, "run again");
  }
  throw UnavailableError(fmt::format("cannot fetch: {}", curl_easy_strerror(code)), where,
                         "check the address and the network, then run again");
}

void check_status(long status, const std::string& where) {
  if (status >= 200 && status < 300) return;
  const auto what = fmt::format("the server answered HTTP {}", status);
  if (status == 401 || status == 403) {
    throw NotAllowedError(what, where,
                          "make the document readable without a login, or name a signed URL that is still valid");
  }
  if (status == 429 || status >= 500) throw UnavailableError(what, where, "run again later");
  throw RefusedError(what, where, "check the address");
}

std::string get(const std::string& url, const std::string& where, const FetchLimits& limits) {
  const auto easy = make_easy();
  auto* curl = easy.get();
  Sink sink{{}, limits.bytes};
  set_common(curl, "aced-etl");
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, url.starts_with("http://") ? "http,https" : "https");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.total.count()));
  curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
  const auto code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  if (sink.overflow && status >= 200 && status < 300) too_large(where, limits.bytes);
  if (code != CURLE_OK && !sink.overflow) refuse(code, where, limits);
  check_status(status, where);
  return std::move(sink.body);
}

}  // namespace

std::string fetch(const std::string& url_or_file, const FetchLimits& limits) {
  const auto where = without_query(url_or_file);
  if (url_or_file.empty()) throw UsageError("no address is given");
  if (url_or_file.starts_with("file://")) return read_file(url_or_file.substr(7), limits.bytes);
  if (url_or_file.find("://") == std::string::npos) return read_file(url_or_file, limits.bytes);
  return get(url_or_file, where, limits);
}

}  // namespace etl::net
