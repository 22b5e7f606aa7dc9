#include "stand_in/socket.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/error.hpp"

namespace etl::stand_in {
namespace {

void send_at_once(int descriptor) {
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Socket Socket::listen() {
  Socket made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!made || ::bind(made.descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(made.descriptor_, SOMAXCONN) != 0) {
    throw UnavailableError("no free port", "127.0.0.1");
  }
  return made;
}

Socket Socket::accept() const {
  int descriptor = -1;
  do {
    descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  } while (descriptor < 0 && (errno == EINTR || errno == ECONNABORTED));
  if (descriptor >= 0) send_at_once(descriptor);
  return Socket(descriptor);
}

Socket Socket::connect(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return Socket();
  Socket made;
  for (const auto* each = found; each != nullptr && !made; each = each->ai_next) {
    Socket candidate(::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol));
    if (candidate && ::connect(candidate.descriptor_, each->ai_addr, each->ai_addrlen) == 0)
      made = std::move(candidate);
  }
  ::freeaddrinfo(found);
  if (made) send_at_once(made.descriptor_);
  return made;
}

int Socket::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool Socket::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto size = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

bool Socket::receive(std::string& to, std::uint64_t most) const {
  std::array<char, 64 * 1024> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
  ssize_t size = 0;
  do {
    size = ::recv(descriptor_, piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(most, piece.size())), 0);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) return false;
  to.append(piece.data(), static_cast<std::size_t>(size));
  return true;
}

}  // namespace etl::stand_in
