#include "stand_in/http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fmt/chrono.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <limits>
#include <thread>

#include "base/error.hpp"
#include "base/log.hpp"
#include "stand_in/decode.hpp"
#include "stand_in/thread_group.hpp"

namespace etl::stand_in {
namespace {

/// As every server tells it; ACED_STAND_IN_CLOCK sets it so many seconds off, for tests of those who compare.
std::string date_now() {
  const char* off = std::getenv("ACED_STAND_IN_CLOCK");  // NOLINT(concurrency-mt-unsafe): nobody changes it
  const auto now = std::chrono::system_clock::now() + std::chrono::seconds(off == nullptr ? 0 : std::atol(off));
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

}  // namespace

/// A client's connection. Answers are held back until they are whole, so that they can be dropped or cut.
class HttpServer::Connection : public httplib::Stream {
 public:
  explicit Connection(int socket) : socket_(socket) {}

  /// Waits for the next request and reads its head; false when the client has left.
  bool begin() {
    plan = {};
    std::size_t end = 0;
    while ((end = in_.find("\r\n\r\n", at_)) == std::string::npos) {
      if (in_.size() - at_ > kLongestHead || !fill()) return false;
    }
    // httplib reads until the connection ends when nobody says how long a body is; there is none.
    auto head = in_.substr(at_, end - at_);
    for (auto& letter : head) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    if (head.find("\r\ncontent-length:") == std::string::npos &&
        head.find("\r\ntransfer-encoding:") == std::string::npos) {
      in_.insert(end, "\r\nContent-Length: 0");
    }
    return true;
  }

  /// Sends what was held back, as far as the plan of the request allows; false: the connection is over.
  bool finish() {
    if (plan.drop || plan.drop_after_work) return false;
    if (plan.truncate) {
      const auto body = out_.find("\r\n\r\n") + 4;
      out_.resize(body + (out_.size() - body) / 2);
    }
    return flush() && !plan.truncate;
  }

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    if (at_ == in_.size() && !fill()) return 0;
    size = std::min(size, in_.size() - at_);
    in_.copy(to, size, at_);
    at_ += size;
    return static_cast<ssize_t>(size);
  }
  ssize_t write(const char* from, std::size_t size) override {
    out_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { local_name(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { local_name(ip, port); }
  socket_t socket() const override { return socket_; }

  FaultPlan plan;

 private:
  static constexpr std::size_t kLongestHead = 64 * 1024;

  static void local_name(std::string& ip, int& port) {
    ip = "127.0.0.1";
    port = 0;
  }

  bool fill() {
    if (!flush()) return false;
    if (at_ > 0) in_.erase(0, std::exchange(at_, 0));
    std::array<char, 64 * 1024> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): recv fills it
    ssize_t size = 0;
    do {
      size = ::recv(socket_, piece.data(), piece.size(), 0);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) return false;
    in_.append(piece.data(), static_cast<std::size_t>(size));
    return true;
  }

  bool flush() {
    std::size_t sent = 0;
    while (sent < out_.size()) {
      const auto size = ::send(socket_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return false;
      sent += static_cast<std::size_t>(size);
    }
    out_.clear();
    return true;
  }

  int socket_;
  std::string in_;
  std::size_t at_ = 0;  ///< of in_, what has been read already
  std::string out_;
};

/// A thread for each connection.
class HttpServer::Threads : public httplib::TaskQueue {
 public:
  void enqueue(std::function<void()> task) override { group_.run(std::move(task)); }
  void shutdown() override { group_.wait(); }

 private:
  ThreadGroup group_;
};

namespace {

/// The one that this thread serves. (httplib's handlers do not see it.)
thread_local FaultPlan* current_plan = nullptr;

std::string without_parameters(std::string type) {
  type.resize(std::min(type.find(';'), type.size()));
  while (type.ends_with(' ')) type.pop_back();
  for (auto& letter : type) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return type;
}

Request read_request(const httplib::Request& from) {
  Request request;
  request.method = from.method == "HEAD" ? "GET" : from.method;  // httplib leaves out the body
  const auto mark = std::min(from.target.find('?'), from.target.size());
  request.path = decode_path(std::string_view(from.target).substr(0, mark));
  if (mark < from.target.size()) request.query = decode_query(std::string_view(from.target).substr(mark + 1));
  request.body = from.body;
  request.content_type = without_parameters(from.get_header_value("Content-Type"));
  request.authorization = from.get_header_value("Authorization");
  request.origin = "http://" + from.get_header_value("Host");
  return request;
}

}  // namespace

HttpServer::HttpServer(Work work, PlanFaults plan_faults)
    : work_(std::move(work)), plan_faults_(std::move(plan_faults)) {
  new_task_queue = [] { return new Threads; };  // httplib owns it
  set_keep_alive_max_count(std::numeric_limits<std::int32_t>::max());
  set_keep_alive_timeout(3600);
  set_tcp_nodelay(true);
  // Its default (SO_REUSEPORT) would let two servers share a port.
  set_socket_options([](int socket) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  });
  const auto handler = [this](const httplib::Request& from, httplib::Response& to) { answer(from, to); };
  for (const auto add : {static_cast<Server& (Server::*)(const std::string&, Handler)>(&Server::Get),
                         static_cast<Server& (Server::*)(const std::string&, Handler)>(&Server::Post),
                         static_cast<Server& (Server::*)(const std::string&, Handler)>(&Server::Put),
                         static_cast<Server& (Server::*)(const std::string&, Handler)>(&Server::Patch),
                         static_cast<Server& (Server::*)(const std::string&, Handler)>(&Server::Delete),
                         static_cast<Server& (Server::*)(const std::string&, Handler)>(&Server::Options)}) {
    (this->*add)(".*", handler);
  }
}

int HttpServer::bind(int port) {
  const int bound = port == 0 ? bind_to_any_port("127.0.0.1") : (bind_to_port("127.0.0.1", port) ? port : -1);
  if (bound < 0)
    throw UsageError("the port is taken", "127.0.0.1:" + std::to_string(port), "--port 0 takes a free one");
  ::listen(svr_sock_, SOMAXCONN);  // httplib's own backlog, 5, makes clients that connect at once wait for a second
  return bound;
}

void HttpServer::serve() { listen_after_bind(); }

void HttpServer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int socket : open_) ::shutdown(socket, SHUT_RD);  // who waits for a request sees the end
  }
  Server::stop();
}

bool HttpServer::process_and_close_socket(socket_t socket) {
  bool serving = false;
  {
    const std::lock_guard lock(mutex_);
    serving = !stopping_;
    if (serving) open_.insert(socket);
  }
  if (serving) {
    Connection connection(socket);
    current_plan = &connection.plan;
    bool closed = false;
    const auto prepare = [](httplib::Request& request) {
      request.headers.erase("Accept-Encoding");  // compressing small answers would only cost time
      request.headers.erase("Range");
    };
    while (!closed && connection.begin() && process_request(connection, false, closed, prepare) &&
           connection.finish()) {
    }
    const std::lock_guard lock(mutex_);
    open_.erase(socket);
  }
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
  return true;
}

void HttpServer::answer(const httplib::Request& from, httplib::Response& to) {
  auto request = read_request(from);
  *current_plan = plan_faults_(request);
  auto& plan = *current_plan;
  std::this_thread::sleep_for(plan.delay);
  if (plan.drop) return;
  request.mischief = plan.mischief;
  if (plan.status) request.fault = &*plan.status;
  auto answer = work_(request);
  to.status = answer.status;
  to.set_header("Date", date_now());
  for (const auto& [name, value] : answer.headers) to.set_header(name, value);
  to.set_content(answer.body, answer.type);
}

}  // namespace etl::stand_in
