// Sources: MS-LCID (language identifiers), "Windows collation name" and "SQL Server collation name"
// of the T-SQL reference, sys.syscharsets and fn_helpcollations for the sort ids.
#include "collation.hpp"

namespace mssql::tds::native {

namespace {

constexpr std::uint32_t utf8_flag = 1u << 26;
constexpr int utf8_code_page = 65001;

struct SortOrders {
  std::uint8_t first, last;
  int code_page;
};

// The sort ids of SQL collations; 0 means a Windows collation, which its language tells.
// clang-format off
constexpr SortOrders sort_orders[] = {
    {30, 35, 437},   {40, 45, 850},   {49, 49, 850},   {50, 54, 1252},  {55, 61, 850},   {71, 75, 1252},  {80, 98, 1250},
    {104, 108, 1251}, {112, 124, 1253}, {128, 130, 1254}, {136, 138, 1255}, {144, 146, 1256}, {152, 160, 1257}, {183, 186, 1252},
    {192, 193, 932}, {194, 195, 949}, {196, 197, 950}, {198, 199, 936}, {200, 200, 932}, {201, 201, 949}, {202, 202, 950},
    {203, 203, 936}, {204, 206, 874}, {210, 217, 1252},
};
// clang-format on

int code_page_of_sort_order(std::uint8_t id) noexcept {
  for (const SortOrders& range : sort_orders)
    if (id >= range.first && id <= range.last) return range.code_page;
  return 0;
}

// Languages whose code page is not 1252, by the low 16 bits of the LCID.
int code_page_of_language(std::uint32_t language) noexcept {
  switch (language) {
    case 0x0405:
    case 0x040e:
    case 0x0415:
    case 0x0418:
    case 0x041a:
    case 0x041b:
    case 0x041c:
    case 0x0424:
    case 0x0442:
    case 0x081a:
    case 0x101a:
    case 0x141a:
    case 0x181a: return 1250;
    case 0x0402:
    case 0x0419:
    case 0x0422:
    case 0x0423:
    case 0x0428:
    case 0x042f:
    case 0x043f:
    case 0x0440:
    case 0x0444:
    case 0x0450:
    case 0x046d:
    case 0x0485:
    case 0x082c:
    case 0x0843:
    case 0x0850:
    case 0x0c1a:
    case 0x1c1a:
    case 0x201a: return 1251;
    case 0x0408: return 1253;
    case 0x041f:
    case 0x042c:
    case 0x0443: return 1254;
    case 0x040d: return 1255;
    case 0x0401:
    case 0x0420:
    case 0x0429:
    case 0x0480:
    case 0x048c:
    case 0x0801:
    case 0x0c01:
    case 0x1001:
    case 0x1401:
    case 0x1801:
    case 0x1c01:
    case 0x2001:
    case 0x2401:
    case 0x2801:
    case 0x2c01:
    case 0x3001:
    case 0x3401:
    case 0x3801:
    case 0x3c01:
    case 0x4001: return 1256;
    case 0x0425:
    case 0x0426:
    case 0x0427:
    case 0x0827: return 1257;
    case 0x042a: return 1258;
    case 0x041e: return 874;
    case 0x0411: return 932;
    case 0x0804:
    case 0x1004: return 936;
    case 0x0412: return 949;
    case 0x0404:
    case 0x0c04:
    case 0x1404: return 950;
    default: return 1252;
  }
}

}  // namespace

CharacterSet character_set_of(const std::uint8_t collation[5]) noexcept {
  const std::uint32_t bits = collation[0] | static_cast<std::uint32_t>(collation[1]) << 8 |
                             static_cast<std::uint32_t>(collation[2]) << 16 |
                             static_cast<std::uint32_t>(collation[3]) << 24;
  if ((bits & utf8_flag) != 0) return {Encoding::utf8, utf8_code_page};
  const std::uint8_t sort_order = collation[4];
  const int code_page = sort_order != 0 ? code_page_of_sort_order(sort_order) : code_page_of_language(bits & 0xFFFF);
  return {Encoding::code_page, code_page == 0 ? 1252 : code_page};
}

}  // namespace mssql::tds::native
