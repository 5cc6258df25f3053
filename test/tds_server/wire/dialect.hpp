// What one client's TDS version allows (MS-TDS 1.7 and the version notes throughout 2.2).
#pragma once

#include <cstdint>

namespace tds_server {

struct Dialect {
  std::uint32_t version{0x74000004};  // as the client wrote it in LOGIN7
  bool utf8{false};                   // UTF8_SUPPORT was acknowledged

  bool since_7_1() const { return version >= 0x71000000 || strict(); }
  // 4-byte user types, 8-byte row counts, PLP, ALL_HEADERS.
  bool since_7_2() const { return version >= 0x72090002 || strict(); }
  // date, time, datetime2, datetimeoffset.
  bool since_7_3() const { return version >= 0x730A0003 || strict(); }
  // NBCROW.
  bool since_7_3b() const { return version >= 0x730B0003 || strict(); }
  bool since_7_4() const { return version >= 0x74000004 || strict(); }
  bool strict() const { return version == 0x08000000; }
};

}  // namespace tds_server
