#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "graph/connection/connection.hpp"

namespace etl::stand_in {

/// Sessions with the PostgreSQL of the environment's PG*, kept and shared.
class Database {
 public:
  /// A session for one request; it goes back at the end of the scope, unless it is broken or in a transaction.
  class Session {
   public:
    Session(Database& owner, std::unique_ptr<graph::Connection> connection)
        : owner_(owner), connection_(std::move(connection)) {}
    Session(Session&&) = default;
    Session& operator=(Session&&) = delete;
    ~Session();
    graph::Connection* operator->() { return connection_.get(); }
    graph::Connection& operator*() { return *connection_; }

   private:
    Database& owner_;
    std::unique_ptr<graph::Connection> connection_;
  };

  /// Makes the schema `stand_in` and what is in it, where missing.
  void prepare();

  [[nodiscard]] Session session();

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<graph::Connection>> idle_;
};

}  // namespace etl::stand_in
