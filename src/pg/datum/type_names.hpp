// Questions about types that both directions ask: values that come, and values that are sent.
#pragma once

#include "core/types.hpp"
#include "pg/host/boundary.hpp"

namespace mssql::pg {

inline bool is_integer_type(Oid type) { return type == INT2OID || type == INT4OID || type == INT8OID; }
inline bool is_text_type(Oid type) { return type == TEXTOID || type == VARCHAROID || type == BPCHAROID; }

// declare(), in the current memory context. Core only.
inline const char* declaration_of(const RemoteType& type) { return copy_out(declare(type)); }

}  // namespace mssql::pg
