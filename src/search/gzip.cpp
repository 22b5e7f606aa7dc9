#include "search/gzip.hpp"

#include <zlib.h>

#include "base/error.hpp"

namespace etl::search {

std::string gzip(std::string_view text) {
  constexpr int window_of_gzip = 15 + 16;
  constexpr int memory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_of_gzip, memory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw InternalError("zlib cannot be initialised");
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  // zlib does not write to its input, but takes it as non-const.
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) throw InternalError("zlib cannot compress a bulk request");
  return out;
}

}  // namespace etl::search
