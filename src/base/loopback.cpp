#include "base/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace etl {
namespace {

constexpr unsigned char kLoopbackNet = 127;

bool is_localhost(std::string host) {
  std::ranges::transform(host, host.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  if (host.ends_with('.')) host.pop_back();
  return host == "localhost" || host.ends_with(".localhost");
}

}  // namespace

std::string_view host_of_origin(std::string_view origin) {
  origin = origin.substr(0, origin.rfind(':'));
  return origin.substr(origin.find("://") + 3);
}

bool is_loopback(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string text(host);
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes[0] == kLoopbackNet;
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
    constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) return bytes[mapped.size()] == kLoopbackNet;
    return std::memcmp(bytes.data(), &in6addr_loopback, sizeof in6addr_loopback) == 0;
  }
  return is_localhost(text);
}

}  // namespace etl
