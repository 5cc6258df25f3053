// What select_expression() makes of a sql_variant, on its way to the JSON that users see.
#pragma once

#include <string>
#include <string_view>

namespace mssql::tds {

// The number of a float or real comes as its bits, {"t":"float","v":"0x3FB999999999999A"}, since
// not every SQL Server prints enough digits; here it becomes the shortest one that reads back as
// the same bits. All else stays: then the view is `json` itself, otherwise it lives in `scratch`,
// where `json` may have lived, too.
std::string_view with_decimal_number(std::string_view json, std::string& scratch);

}  // namespace mssql::tds
