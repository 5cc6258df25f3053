#include "arrays.hpp"

#include "boundary.hpp"

namespace mssql::pg {

Elements elements_of(ArrayType* array, Oid type, int length, bool by_value, const char* what) {
  Elements elements{};
  bool* nulls = nullptr;
  const char alignment = length == NAMEDATALEN ? TYPALIGN_CHAR : TYPALIGN_INT;
  deconstruct_array(array, type, length, by_value, alignment, &elements.values, &nulls, &elements.count);
  for (int i = 0; i < elements.count; ++i) {
    if (nulls[i]) ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", what)));
  }
  return elements;
}

TextList text_list(ArrayType* array, const char* what) {
  const Elements elements = elements_of(array, TEXTOID, -1, false, what);
  TextList list{static_cast<const char**>(palloc(sizeof(char*) * static_cast<std::size_t>(elements.count + 1))),
                elements.count};
  for (int i = 0; i < elements.count; ++i) list.items[i] = to_utf8(TextDatumGetCString(elements.values[i]));
  return list;
}

Oids oids_of(ArrayType* array, const char* what) {
  const Elements elements = elements_of(array, ARR_ELEMTYPE(array), sizeof(Oid), true, what);
  auto* ids = static_cast<Oid*>(palloc(sizeof(Oid) * static_cast<std::size_t>(elements.count + 1)));
  for (int i = 0; i < elements.count; ++i) ids[i] = DatumGetObjectId(elements.values[i]);
  return {ids, elements.count};
}

Datum oid_array(const Oid* ids, int count) {
  auto* elements = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<std::size_t>(count + 1)));
  for (int i = 0; i < count; ++i) elements[i] = ObjectIdGetDatum(ids[i]);
  return PointerGetDatum(construct_array(elements, count, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

}  // namespace mssql::pg
