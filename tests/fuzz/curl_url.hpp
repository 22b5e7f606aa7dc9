#pragma once

#include <curl/curl.h>

#include <memory>
#include <optional>
#include <string>

namespace etl::fuzz {

/// A part of an address as libcurl takes it apart, with its options `flags`; nothing when libcurl does not take it.
inline std::optional<std::string> curl_part(const std::string& url, CURLUPart part, unsigned flags = 0) {
  struct Deleter {
    void operator()(CURLU* parsed) const { curl_url_cleanup(parsed); }
  };
  const std::unique_ptr<CURLU, Deleter> parsed(curl_url());
  char* text = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), flags) != CURLUE_OK) return std::nullopt;
  if (curl_url_get(parsed.get(), part, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string found(text);
  curl_free(text);
  return found;
}

}  // namespace etl::fuzz
