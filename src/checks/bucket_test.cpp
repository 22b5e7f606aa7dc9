#include "checks/bucket_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

#include "base/digest.hpp"
#include "base/error.hpp"
#include "base/uuid.hpp"
#include "gen3/bucket_names.hpp"
#include "net/url.hpp"
#include "s3/answer.hpp"

namespace etl::checks {
namespace {

using namespace std::chrono_literals;

constexpr auto url_life = 300s;
constexpr std::size_t at_once = 4;
const std::string file_name = "aced-etl bucket test.txt";

class Test {
 public:
  Test(gen3::Session& session, gen3::Session& cleaning, const std::string& bucket, bool is_default,
       const std::string& authz)
      : session_(session),
        cleaning_(cleaning),
        fence_(session),
        indexd_(session),
        guid_(random_uuid()),
        named_(is_default ? "" : bucket) {
    result_.bucket = bucket;
    text_ = fmt::format("aced-etl writes this to prove that it can; it may be removed. {}\n", guid_);
    record_.did = guid_;
    record_.size = text_.size();
    record_.hashes = {{"md5", md5_hex(text_)}};
    record_.urls = {fmt::format("s3://{}/{}/{}", bucket, guid_, file_name)};
    record_.authz = {authz};
    record_.file_name = file_name;
  }

  BucketTest run() {
    guarded([this] { work(); });
    const std::string got_to = result_.step;
    if (may_be_there_) remove();
    if (!result_.reason.empty()) result_.step = got_to;
    return result_;
  }

 private:
  template <typename Work>
  void guarded(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      fail(error.where().empty() ? error.what() : fmt::format("{} ({})", error.what(), error.where()), error.code());
    }
  }

  void fail(const std::string& reason, ExitCode code) {
    result_.reason = reason;
    result_.exit = code;
  }

  net::Response send(const char* method, const std::string& url, const std::string& body = {}) {
    net::Request request{.method = method, .url = url};
    request.body = body;
    request.accept = s3::has_etag;
    net::Response answer = session_.http().send(request);
    if (!s3::has_etag(answer)) s3::not_s3(answer, net::without_query(url));
    return answer;
  }

  void work() {
    result_.step = "record";
    may_be_there_ = true;
    indexd_.create(record_);
    result_.step = "sign";
    const std::string up = fence_.upload_url(guid_, file_name, named_, url_life);
    result_.step = "put";
    const net::Response put = send("PUT", up, text_);
    if (!put.ok()) s3::refuse(put, "the signed PUT");
    result_.step = "get";
    const net::Response got = send("GET", fence_.download_url(guid_, url_life));
    if (!got.ok()) s3::refuse(got, "the signed GET");
    result_.step = "compare";
    if (got.body != text_) {
      return fail(
          fmt::format("the object that came back has other bytes ({}, {} were written)", got.body.size(), text_.size()),
          ExitCode::refused);
    }
    result_.step = "done";
  }

  void remove() {
    const bool was_well = result_.reason.empty();
    if (was_well) result_.step = "remove";
    BucketTest so_far = result_;
    result_.reason.clear();
    guarded([this] {
      gen3::Fence fence(cleaning_);
      gen3::Indexd indexd(cleaning_);
      const auto there = indexd.get(guid_);
      if (!there) return;
      if (there->authz != record_.authz) throw RefusedError("the record belongs to somebody else by now");
      if (gen3::BucketNames(fence).unknown_in(there->urls)) {  // then fence cannot remove the object
        indexd.remove(there->did, there->rev);
        return;
      }
      // fence removes the object and the record; without an object it leaves the record.
      if (fence.remove_file(guid_)) return;
      if (const auto left = indexd.get(guid_)) indexd.remove(left->did, left->rev);
    });
    if (!result_.reason.empty()) so_far.left = fmt::format("record {} ({})", guid_, result_.reason);
    if (!result_.reason.empty() && was_well) so_far.exit = result_.exit;
    result_ = so_far;
    if (result_.ok()) result_.step = "done";
  }

  gen3::Session& session_;
  gen3::Session& cleaning_;
  gen3::Fence fence_;
  gen3::Indexd indexd_;
  std::string guid_;
  std::string named_;  ///< the bucket as fence is asked for it
  std::string text_;
  gen3::FileRecord record_;
  BucketTest result_;
  bool may_be_there_ = false;
};

}  // namespace

std::vector<BucketTest> test_buckets(gen3::Session& session, gen3::Session& cleaning,
                                     const std::vector<std::string>& buckets, const std::string& upload_default,
                                     const std::string& authz, const std::stop_token& stop) {
  std::vector<BucketTest> results(buckets.size());
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  std::exception_ptr fault;
  const auto work = [&] {
    for (std::size_t i = next++; i < buckets.size(); i = next++) {
      results[i].bucket = buckets[i];
      if (stop.stop_requested()) {
        results[i].reason = StoppedError().what();
        results[i].exit = ExitCode::unavailable;
        continue;
      }
      try {
        results[i] = Test(session, cleaning, buckets[i], buckets[i] == upload_default, authz).run();
      } catch (...) {
        const std::lock_guard lock(mutex);
        fault = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    while (threads.size() < std::min(at_once, buckets.size())) threads.emplace_back(work);
  }
  if (fault) std::rethrow_exception(fault);
  return results;
}

}  // namespace etl::checks
