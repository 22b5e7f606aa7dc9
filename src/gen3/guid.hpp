#pragma once

#include <string>

namespace etl::gen3 {

/// A GUID as the end of a path: each of its one or two segments percent-encoded, and the `/` after a prefix kept, which
/// the routes of fence, indexd and metadata-service take (`<path:guid>`). RefusedError for what is_guid() does not
/// take: whoever wrote it, a study or a service, it would lead to another resource.
[[nodiscard]] std::string guid_path(const std::string& guid);

}  // namespace etl::gen3
