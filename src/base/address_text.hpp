#pragma once

#include <string>
#include <string_view>

/// Addresses as they may be shown: nothing in them that may be a secret, whether they are well formed or not.
namespace etl {

/// What becomes of the parts of an address that may be secret.
enum class Hidden : unsigned char {
  removed,  ///< https://u:p@host/a?b -> https://host/a
  marked,   ///< https://u:p@host/a?b -> https://***@host/a?***
};

/// The address without user, password, query and fragment. A malformed one (`http:/user:password@host`,
/// `user:password@host`, a `/`, `?` or `#` inside a password) loses everything up to its last `@`. A plain path stays
/// as it is: there `?` and `#` are part of the name.
[[nodiscard]] std::string shown_address(std::string_view address, Hidden hidden = Hidden::removed);

}  // namespace etl
