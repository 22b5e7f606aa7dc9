#include <fmt/format.h>

#include <exception>
#include <iostream>
#include <string>

#include "net/http.hpp"

// bench_http_calls: one GET for each address on stdin, one after another over one kept connection; every answer must be
// 2xx. (The addresses are signed: they are no arguments.)
int main() {
  try {
    etl::net::HttpClient client;
    for (std::string url; std::getline(std::cin, url);) {
      etl::net::Request request;
      request.url = url;
      if (const auto response = client.send(request); !response.ok()) {
        fmt::print(stderr, "HTTP {}\n", response.status);
        return 1;
      }
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}
