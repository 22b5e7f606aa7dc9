#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <csignal>
#include <iostream>
#include <thread>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "stand_in/http_server.hpp"
#include "stand_in/services.hpp"

// aced-stand-in: answers as the Gen3 services of a commons do, on one port of 127.0.0.1.

namespace etl::stand_in {
namespace {

struct ServeOptions {
  std::string home, user_yaml, fence_config, dictionary, port_file;
  int port = 0;
};

/// Blocks SIGTERM and SIGINT in every thread, and stops the server from one that waits for them.
class Terminator {
 public:
  Terminator() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  void watch(HttpServer& server) {
    std::thread([this, &server] {
      int signal = 0;
      sigwait(&signals_, &signal);
      // It may have come before the server listens; then the next try meets it.
      while (!over_) {
        server.stop();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    }).detach();
  }
  void over() { over_ = true; }

 private:
  sigset_t signals_{};
  std::atomic<bool> over_ = false;
};

void serve(const ServeOptions& options) {
  static Terminator terminator;  // its thread may outlive us
  Commons commons(options.home, options.user_yaml, options.fence_config);
  commons.database.prepare();
  Services services(commons, options.dictionary);
  HttpServer server([&](Request& request) { return services.answer(request); },
                    [&](const Request& request) { return services.plan_faults(request); });
  const int port = server.bind(options.port);
  terminator.watch(server);
  if (!options.port_file.empty()) {
    AtomicFile file(options.port_file, false);
    file.write(std::to_string(port) + "\n");
    file.commit();
  }
  log::info("the stand-in listens on http://127.0.0.1:{}", port);
  server.serve();
  terminator.over();
  log::info("stopped");
}

struct TokenOptions {
  std::string home, issuer, user;
  std::int64_t expires_in = 0;
  std::string user_yaml;
};

TokenOrder order(const TokenOptions& options) {
  const int number = options.user_yaml.empty() ? 0 : UserYaml::read(options.user_yaml).number_of(options.user);
  return {options.issuer, options.user, std::to_string(number), std::chrono::seconds(options.expires_in)};
}

void print_api_key(const TokenOptions& options) {
  std::string id;
  const auto key = make_api_key(SigningKey::load(options.home), order(options), id);
  std::cout << Json({{"api_key", key}, {"key_id", id}}).dump() << '\n';
}

void print_access_token(const TokenOptions& options) {
  std::cout << make_access_token(SigningKey::load(options.home), order(options), true) << '\n';
}

void add_token_options(CLI::App& command, TokenOptions& options, std::int64_t lifetime) {
  options.expires_in = lifetime;
  command.add_option("--home", options.home, "where jwt-key.pem is")->required();
  command.add_option("--issuer", options.issuer, "http://127.0.0.1:PORT/user")->required();
  command.add_option("--user", options.user, "a user of user.yaml")->required();
  command.add_option("--user-yaml", options.user_yaml, "gives the token the user's number in this file");
  command.add_option("--expires-in", options.expires_in, "seconds; less than 0: it has expired")->capture_default_str();
}

int run(int argc, char** argv) {
  CLI::App app("stands in for the Gen3 services of a commons: fence, indexd, sheepdog, metadata-service",
               "aced-stand-in");
  app.require_subcommand(1);
  ServeOptions options;
  auto* command = app.add_subcommand("serve", "answer requests until SIGTERM; PostgreSQL comes from PG*");
  command->add_option("--home", options.home, "where the key of its tokens is")->required();
  command->add_option("--user-yaml", options.user_yaml, "users and rights; read again when it changes")->required();
  command->add_option("--fence-config", options.fence_config, "buckets and keys; read again when it changes")
      ->required();
  command->add_option("--dictionary", options.dictionary, "file or address of the data dictionary")->required();
  command->add_option("--port", options.port, "0: any free one")->capture_default_str();
  command->add_option("--port-file", options.port_file, "gets the port when it listens");
  command->callback([&] { serve(options); });
  TokenOptions key;
  TokenOptions access;
  command = app.add_subcommand("api-key", "print a credentials.json of a user");
  add_token_options(*command, key, 2592000);
  command->callback([&] { print_api_key(key); });
  command = app.add_subcommand("access-token", "print an access token of a user");
  add_token_options(*command, access, 3600);
  command->callback([&] { print_access_token(access); });
  CLI11_PARSE(app, argc, argv);
  return 0;
}

}  // namespace
}  // namespace etl::stand_in

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return etl::stand_in::run(argc, argv);
  } catch (const etl::Error& error) {
    etl::log::write(etl::log::Level::error, error.what(), {{"where", error.where()}, {"what to do", error.hint()}});
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    etl::log::error("{}", error.what());
    return 1;
  }
}
