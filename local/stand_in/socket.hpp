#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace etl::stand_in {

/// A TCP socket that closes itself. Nothing throws: false or 0 is the end of the connection.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  /// Waits for connections on a free port of 127.0.0.1. Throws UnavailableError when there is none.
  [[nodiscard]] static Socket listen();
  [[nodiscard]] Socket accept() const;
  [[nodiscard]] static Socket connect(const std::string& host, const std::string& port);

  [[nodiscard]] explicit operator bool() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] int port() const;  ///< of our end

  [[nodiscard]] bool send(std::string_view bytes) const;
  /// What is there, at most 64 KiB and `most`, appended to `to`; false at the end.
  [[nodiscard]] bool receive(std::string& to, std::uint64_t most = UINT64_MAX) const;

 private:
  int descriptor_ = -1;
};

}  // namespace etl::stand_in
