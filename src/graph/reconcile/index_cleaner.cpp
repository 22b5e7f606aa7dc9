#include "graph/reconcile/index_cleaner.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/error.hpp"
#include "base/log.hpp"
#include "graph/connection/sql_quote.hpp"
#include "graph/schema/graph_schema.hpp"

namespace etl::graph {

IndexCleaner::IndexCleaner(std::function<Connection()> connect) : connect_(std::move(connect)) {
  if (connect_) thread_ = std::thread([this] { work(); });
}

IndexCleaner::~IndexCleaner() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void IndexCleaner::add(const std::string& table) {
  {
    const std::lock_guard lock(mutex_);
    tables_.push_back(table);
  }
  changed_.notify_all();
}

void IndexCleaner::work() {
  std::string table;
  try {
    std::optional<Connection> connection;  // made when there is something to do: mostly nothing has changed
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return done_ || !tables_.empty(); });
        if (tables_.empty()) return;
        table = std::move(tables_.front());
        tables_.pop_front();
      }
      if (!connection) connection.emplace(connect_());
      Transaction transaction(*connection);
      use_graph_schema(*connection);
      connection->exec("set local maintenance_work_mem = '128MB'");
      connection->exec(fmt::format(
          "select gin_clean_pending_list(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid "
          "join pg_am a on a.oid = c.relam where a.amname = 'gin' and i.indrelid = {}::regclass",
          quote_text(quote_name(table))));
      transaction.commit();
    }
  } catch (const Error& error) {
    log::debug("the pending lists of {} and the following tables are left to autovacuum: {}",
               table.empty() ? "the indexes" : table, error.what());
  }
}

}  // namespace etl::graph
