#include "errors.hpp"

#include <utility>

namespace tds_server::engine {

EngineError error(int number, std::string text, int severity, int state) {
  EngineError result;
  result.message.number = number;
  result.message.text = std::move(text);
  result.message.severity = static_cast<std::uint8_t>(severity);
  result.message.state = static_cast<std::uint8_t>(state);
  result.message.line = 0;  // filled in by whoever knows the statement
  return result;
}

namespace {
std::string quoted(std::string_view before, std::string_view name, std::string_view after) {
  return std::string(before) + "'" + std::string(name) + "'" + std::string(after);
}
}  // namespace

EngineError syntax_error(std::string_view near, int line) {
  EngineError result = error(102, quoted("Incorrect syntax near ", near, "."), 15);
  result.message.line = line;
  return result;
}

EngineError keyword_error(std::string_view keyword, int line) {
  EngineError result = error(156, quoted("Incorrect syntax near the keyword ", keyword, "."), 15);
  result.message.line = line;
  return result;
}

EngineError invalid_object(std::string_view name) { return error(208, quoted("Invalid object name ", name, ".")); }
EngineError invalid_column(std::string_view name) { return error(207, quoted("Invalid column name ", name, ".")); }
EngineError unbound_identifier(std::string_view name) {
  return error(4104, "The multi-part identifier \"" + std::string(name) + "\" could not be bound.");
}
EngineError ambiguous_column(std::string_view name) { return error(209, quoted("Ambiguous column name ", name, ".")); }
EngineError unknown_type(std::string_view name) {
  return error(243, "Type " + std::string(name) + " is not a defined system type.");
}
EngineError unknown_function(std::string_view name) {
  return error(195, quoted("", name, " is not a recognized built-in function name."), 15, 10);
}
EngineError undeclared_variable(std::string_view name) {
  return error(137, "Must declare the scalar variable \"" + std::string(name) + "\".", 15, 2);
}
EngineError unknown_procedure(std::string_view name) {
  return error(2812, quoted("Could not find stored procedure ", name, "."), 16, 62);
}
EngineError already_exists(std::string_view name) {
  return error(2714, quoted("There is already an object named ", name, " in the database."), 16, 6);
}
EngineError conversion_failed(std::string_view from, std::string_view value, std::string_view to) {
  return error(245, "Conversion failed when converting the " + std::string(from) + " value '" + std::string(value) +
                        "' to data type " + std::string(to) + ".");
}
EngineError overflow(std::string_view to) {
  return error(8115, "Arithmetic overflow error converting expression to data type " + std::string(to) + ".", 16, 2);
}
EngineError not_supported(std::string_view what) {
  return error(40517, "The test server does not support " + std::string(what) + ".");
}

}  // namespace tds_server::engine
