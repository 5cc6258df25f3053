#include "row_hash.hpp"

namespace mssql::pg {

using replicate::Hash128;
using replicate::RowBytes;

namespace {

enum class Form : std::uint8_t { by_value, by_reference, varlena, c_string };

struct HashedColumn {
  int attribute;
  std::int16_t length;  // pg_attribute.attlen
  Form form;
};

Form form_of(Form_pg_attribute attribute) {
  if (attribute->attbyval) return Form::by_value;
  if (attribute->attlen == -2) return Form::c_string;
  return attribute->attlen == -1 ? Form::varlena : Form::by_reference;
}

}  // namespace

struct RowHash {
  HashedColumn* columns;
  int ncolumns;
  bool wanted;
  std::uint8_t* memory;  // for the bytes of a row
  std::size_t pending;   // so many, of one that is not in the sum yet; 0: none
  Hash128 sum;
};

namespace {

// What is behind a pointer, without header and compression. A value that varies in length is the
// same bytes wherever it comes from: a numeric, for one, has its short form whenever that can hold
// it and its scale (make_result() in utils/adt/numeric.c).
[[gnu::always_inline]] inline std::string_view content_of(HashedColumn column, Datum value) {
  if (column.form == Form::by_reference) return {DatumGetPointer(value), static_cast<std::size_t>(column.length)};
  if (column.form == Form::c_string) return DatumGetCString(value);
  const auto* given = reinterpret_cast<const varlena*>(DatumGetPointer(value));
  if (VARATT_IS_4B_U(given)) return {VARDATA_4B(given), VARSIZE_4B(given) - VARHDRSZ};
  const auto* plain = PG_DETOAST_DATUM_PACKED(value);
  return {VARDATA_ANY(plain), VARSIZE_ANY_EXHDR(plain)};
}

// When the next row has come: a processor waits for bytes that it has just written, where it reads
// them in other widths.
void add_pending(RowHash* hash) {
  if (hash->pending > 0) hash->sum += replicate::hash_of(hash->memory, hash->pending);
  hash->pending = 0;
}

template <bool wanted>
std::uint64_t take_row(RowHash* hash, const TupleTableSlot* slot) {
  const HashedColumn* const columns = hash->columns;
  const auto count = static_cast<std::size_t>(hash->ncolumns);
  const Datum* const values = slot->tts_values;
  const bool* const isnull = slot->tts_isnull;
  if constexpr (wanted) add_pending(hash);
  RowBytes bytes(hash->memory, wanted ? count : 0);
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const HashedColumn column = columns[i];
    if (isnull[column.attribute]) {
      if constexpr (wanted) bytes.null(i);
      continue;
    }
    const Datum value = values[column.attribute];
    if (column.form == Form::by_value) {
      const auto length = static_cast<std::size_t>(column.length);
      if constexpr (wanted) bytes.number(value, length);
      size += length;
      continue;
    }
    const std::string_view content = content_of(column, value);
    if constexpr (wanted) {
      if (column.form != Form::by_reference) bytes.number(content.size(), sizeof(std::uint32_t));
      bytes.append(content.data(), content.size());
    }
    size += content.size();
  }
  if constexpr (wanted) hash->pending = bytes.size();
  return size;
}

}  // namespace

RowHash* make_row_hash(TupleDesc descriptor, const int* attnums, int ncolumns, bool wanted) {
  const auto count = static_cast<std::size_t>(ncolumns);
  auto* hash = static_cast<RowHash*>(palloc0(sizeof(RowHash)));
  hash->columns = static_cast<HashedColumn*>(palloc(sizeof(HashedColumn) * (count + 1)));
  for (int i = 0; i < ncolumns; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(descriptor, attnums[i] - 1);
    hash->columns[i] = {attnums[i] - 1, attribute->attlen, form_of(attribute)};
  }
  hash->ncolumns = ncolumns;
  hash->wanted = wanted;
  hash->memory = static_cast<std::uint8_t*>(palloc(RowBytes::room(count)));
  return hash;
}

std::uint64_t add_to_hash(RowHash* hash, const TupleTableSlot* slot) {
  return hash->wanted ? take_row<true>(hash, slot) : take_row<false>(hash, slot);
}

Hash128 sum_of(RowHash* hash) {
  add_pending(hash);
  return hash->sum;
}

Datum uuid_of(Hash128 hash) {
  auto* uuid = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  const auto bytes = replicate::bytes_of(hash);
  std::memcpy(uuid->data, bytes.data(), sizeof(uuid->data));
  return UUIDPGetDatum(uuid);
}

}  // namespace mssql::pg
