// SQL arrays of the backend's, as C++ takes and gives them.
#pragma once

#include "postgres.hpp"

namespace mssql::pg {

struct Elements {
  Datum* values;
  int count;
};

// Of an array without NULLs; one with any is an error that calls it `what`.
Elements elements_of(ArrayType* array, Oid type, int length, bool by_value, const char* what);

struct TextList {
  const char** items;  // in UTF-8
  int count;
};

// The same of text[].
TextList text_list(ArrayType* array, const char* what);

struct Oids {
  Oid* ids;
  int count;
};

// The same of oid[] or regclass[].
Oids oids_of(ArrayType* array, const char* what);

// As oid[].
Datum oid_array(const Oid* ids, int count);

}  // namespace mssql::pg
