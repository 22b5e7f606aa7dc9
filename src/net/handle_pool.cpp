#include "net/handle_pool.hpp"

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/exhausted.hpp"

namespace etl::net {

HandlePool::HandlePool(unsigned per_host) : per_host_(std::max(1U, per_host)) {
  static_cast<void>(make_easy());  // starts libcurl
  share_.reset(curl_share_init());
  if (!share_) throw InternalError("libcurl does not start");
  curl_share_setopt(share_.get(), CURLSHOPT_LOCKFUNC, &HandlePool::lock);
  curl_share_setopt(share_.get(), CURLSHOPT_UNLOCKFUNC, &HandlePool::unlock);
  curl_share_setopt(share_.get(), CURLSHOPT_USERDATA, this);
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  curl_share_setopt(share_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
}

void HandlePool::lock(CURL* /*easy*/, curl_lock_data data, curl_lock_access /*access*/, void* pool) {
  static_cast<HandlePool*>(pool)->share_locks_.at(data).lock();
}

void HandlePool::unlock(CURL* /*easy*/, curl_lock_data data, void* pool) {
  static_cast<HandlePool*>(pool)->share_locks_.at(data).unlock();
}

std::unique_ptr<Handle> HandlePool::make() const {
  auto handle = std::make_unique<Handle>();
  handle->easy = make_easy();
  handle->multi.reset(curl_multi_init());
  if (!handle->multi) {
    refuse_without_descriptors();
    throw InternalError("libcurl does not start");
  }
  curl_easy_setopt(handle->easy.get(), CURLOPT_SHARE, share_.get());
  return handle;
}

HandlePool::Lease HandlePool::take(const std::string& origin, const std::stop_token& stop) {
  std::unique_lock guard(mutex_);
  Host& host = hosts_[origin];
  if (!host.freed.wait(guard, stop, [&] { return host.in_use < per_host_; })) throw StoppedError();
  std::unique_ptr<Handle> handle;
  if (host.idle.empty()) {
    handle = make();
  } else {
    handle = std::move(host.idle.back());
    host.idle.pop_back();
  }
  ++host.in_use;
  return {*this, host, std::move(handle)};
}

void HandlePool::give_back(Host& host, std::unique_ptr<Handle> handle) {
  {
    const std::lock_guard guard(mutex_);
    host.idle.push_back(std::move(handle));
    --host.in_use;
  }
  host.freed.notify_one();
}

}  // namespace etl::net
