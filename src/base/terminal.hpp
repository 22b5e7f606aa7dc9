#pragma once

#include <cstddef>

/// What the three standard streams are connected to. Asked anew each time: tests and shells redirect.
namespace etl::terminal {

[[nodiscard]] bool stdin_is_terminal();
[[nodiscard]] bool stdout_is_terminal();
[[nodiscard]] bool stderr_is_terminal();

/// Whether messages on stderr may be coloured: a terminal that is not `dumb`, and NO_COLOR is not set
/// (https://no-color.org: set and not empty).
[[nodiscard]] bool stderr_takes_colour();
/// Whether a line on stderr can be drawn over.
[[nodiscard]] bool stderr_takes_status();

/// Width of the terminal on stderr or stdout; `otherwise` when neither is one.
[[nodiscard]] std::size_t columns(std::size_t otherwise = 80);

}  // namespace etl::terminal
