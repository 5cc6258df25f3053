// The form in which geometry and geography are selected (core/tsql/select.cpp) to PostGIS's EWKB.
#pragma once

#include <string>
#include <string_view>

namespace mssql::tds {

// `bytes`: the SRID as a big-endian int32, then ISO WKB (OGC 06-103r4, 8.2: byte order, type with
// 1000 for Z and 2000 for M, body). EWKB: the same with the flag 0x20000000 in the outermost type
// and the SRID, in the WKB's byte order, behind it. Inner geometries are left as they are; PostGIS
// reads ISO type codes there and here. Throws Error 08P01 on what is too short to be that, has
// another byte order than 0 or 1, or carries the flag already.
std::string ewkb_from_srid_wkb(std::string_view bytes);

}  // namespace mssql::tds
