#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/http.hpp"

namespace etl::net::test {

/// A request as it came over the wire.
struct Seen {
  std::string method;
  std::string target;
  Response head;  ///< its headers, for `header(name)`
  std::string body;
  unsigned connection = 0;  ///< which one, from 1
};

/// The bytes that answer it, and whether the connection is closed then.
struct Reply {
  std::string bytes;
  bool close = false;
};

inline Reply answer(int status, const std::string& body = {}, const std::string& headers = {}) {
  return {"HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
          headers + "\r\n" + body};
}

/// A server on loopback that answers bytes, so that it can also answer what no sound server would. A thread a
/// connection; what it has seen is kept.
class Server {
 public:
  using Handler = std::function<Reply(const Seen&)>;

  explicit Server(Handler handler) : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("no server on loopback");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      ::shutdown(listener_, SHUT_RDWR);
      for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
    }
    acceptor_.join();
    for (auto& thread : threads_) thread.join();
    for (const int connection : connections_) ::close(connection);
    ::close(listener_);
  }

  [[nodiscard]] std::string url(const std::string& target = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
  }
  [[nodiscard]] std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  [[nodiscard]] std::size_t requests() const { return seen().size(); }
  [[nodiscard]] std::size_t connections() const {
    const std::lock_guard lock(mutex_);
    return connections_.size();
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  void accept() {
    for (;;) {
      const int connection = ::accept(listener_, nullptr, nullptr);
      if (connection < 0) return;
      const std::lock_guard lock(mutex_);
      connections_.push_back(connection);
      if (stopped_) return;
      threads_.emplace_back([this, connection, number = static_cast<unsigned>(connections_.size())] {
        serve(connection, number);
        ::shutdown(connection, SHUT_RDWR);
      });
    }
  }

  void serve(int connection, unsigned number) {
    std::string buffer;
    for (;;) {
      Seen seen;
      if (!read(connection, buffer, seen)) return;
      seen.connection = number;
      {
        const std::lock_guard lock(mutex_);
        seen_.push_back(seen);
      }
      const Reply reply = handler_(seen);
      if (!reply.bytes.empty() && ::send(connection, reply.bytes.data(), reply.bytes.size(), MSG_NOSIGNAL) < 0) return;
      if (reply.close) return;
    }
  }

  static bool more(int connection, std::string& buffer) {
    char bytes[65536];
    const auto count = ::recv(connection, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    buffer.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  static bool read(int connection, std::string& buffer, Seen& seen) {
    std::size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (!more(connection, buffer)) return false;
    }
    const auto head = buffer.substr(0, end + 2);
    buffer.erase(0, end + 4);
    const auto line_end = head.find("\r\n");
    const auto first = head.substr(0, line_end);
    seen.method = first.substr(0, first.find(' '));
    seen.target = first.substr(seen.method.size() + 1, first.rfind(' ') - seen.method.size() - 1);
    for (std::size_t at = line_end + 2; at < head.size();) {
      const auto next = head.find("\r\n", at);
      const auto line = head.substr(at, next - at);
      const auto colon = line.find(':');
      const auto value = line.find_first_not_of(' ', colon + 1);
      seen.head.headers.push_back({line.substr(0, colon), value == std::string::npos ? "" : line.substr(value)});
      at = next + 2;
    }
    const auto length = std::stoul(seen.head.header("Content-Length").value_or("0"));
    if (seen.head.header("Expect")) {
      constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      ::send(connection, go_on.data(), go_on.size(), MSG_NOSIGNAL);
    }
    while (buffer.size() < length) {
      if (!more(connection, buffer)) return false;
    }
    seen.body = buffer.substr(0, length);
    buffer.erase(0, length);
    return true;
  }

  Handler handler_;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread acceptor_;
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::vector<int> connections_;
  std::vector<std::thread> threads_;
  std::vector<Seen> seen_;
};

/// The same client as the program's, with hardly any waiting.
inline HttpOptions quick() {
  HttpOptions options;
  options.first_wait = std::chrono::milliseconds(1);
  options.longest_wait = std::chrono::milliseconds(2);
  options.longest_retry_after = std::chrono::milliseconds(3);
  return options;
}

}  // namespace etl::net::test
