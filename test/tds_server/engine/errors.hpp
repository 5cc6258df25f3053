// SQL Server's errors: makers for the ones the engine raises itself, with SQL Server's wording,
// severity and state. The mapping of PostgreSQL's failures is in failure_map.
#pragma once

#include <string>
#include <string_view>

#include "../engine.hpp"

namespace tds_server::engine {

EngineError error(int number, std::string text, int severity = 16, int state = 1);

EngineError syntax_error(std::string_view near, int line);                                          // 102
EngineError keyword_error(std::string_view keyword, int line);                                      // 156
EngineError invalid_object(std::string_view name);                                                  // 208
EngineError invalid_column(std::string_view name);                                                  // 207
EngineError unbound_identifier(std::string_view name);                                              // 4104
EngineError ambiguous_column(std::string_view name);                                                // 209
EngineError unknown_type(std::string_view name);                                                    // 2715 / 243
EngineError unknown_function(std::string_view name);                                                // 195
EngineError undeclared_variable(std::string_view name);                                             // 137
EngineError unknown_procedure(std::string_view name);                                               // 2812
EngineError already_exists(std::string_view name);                                                  // 2714
EngineError conversion_failed(std::string_view from, std::string_view value, std::string_view to);  // 245
EngineError overflow(std::string_view to);                                                          // 8115
EngineError not_supported(
    std::string_view what);  // 40517: the stand-in's own gaps are told apart from SQL Server's errors

}  // namespace tds_server::engine
