#include "row_hash.hpp"

namespace mssql::pg {

using replicate::Hash128;
using replicate::RowBytes;

namespace {

enum class Form : std::uint8_t { by_value, by_reference, varlena, number, c_string };

struct HashedColumn {
  int attribute;
  std::int16_t length;  // pg_attribute.attlen
  Form form;
};

Form form_of(Form_pg_attribute attribute) {
  if (attribute->attbyval) return Form::by_value;
  if (attribute->attlen == -2) return Form::c_string;
  if (attribute->attlen != -1) return Form::by_reference;
  return getBaseType(attribute->atttypid) == NUMERICOID ? Form::number : Form::varlena;
}

}  // namespace

struct RowHash {
  HashedColumn* columns;
  int ncolumns;
  bool wanted;
  std::uint8_t* memory;  // for the bytes of a row
  Hash128 sum;
};

namespace {

// Of a value that varies in length: without header and compression.
std::string_view content_of(Datum value) {
  const auto* plain = reinterpret_cast<const varlena*>(DatumGetPointer(value));
  if (VARATT_IS_4B_U(plain)) return {VARDATA_4B(plain), VARSIZE_4B(plain) - VARHDRSZ};
  plain = PG_DETOAST_DATUM_PACKED(value);
  return {VARDATA_ANY(plain), VARSIZE_ANY_EXHDR(plain)};
}

// As numeric has them (utils/adt/numeric.c, which shows its format to nobody else), but always with
// the header of two bytes where a number fits that: a change of its scale alone leaves the longer one.
void append_number(RowBytes& bytes, std::string_view number) {
  std::uint16_t header = 0;
  std::memcpy(&header, number.data(), sizeof(header));
  if ((header & 0x8000) == 0) {
    std::int16_t weight = 0;
    std::memcpy(&weight, number.data() + sizeof(header), sizeof(weight));
    const int sign = header & 0x4000;
    const int scale = header & 0x3FFF;
    if (scale <= 63 && weight >= -64 && weight <= 63) {
      bytes.number(number.size() - sizeof(weight), sizeof(std::uint32_t));
      bytes.number(static_cast<std::uint16_t>(0x8000 | sign >> 1 | scale << 7 | (weight & 0x7F)), sizeof(header));
      bytes.fixed(number.data() + sizeof(header) + sizeof(weight), number.size() - sizeof(header) - sizeof(weight));
      return;
    }
  }
  bytes.varying(number.data(), number.size());
}

template <bool wanted>
std::uint64_t take_row(RowHash* hash, const TupleTableSlot* slot) {
  const HashedColumn* const columns = hash->columns;
  const auto count = static_cast<std::size_t>(hash->ncolumns);
  const Datum* const values = slot->tts_values;
  const bool* const isnull = slot->tts_isnull;
  RowBytes bytes(hash->memory, wanted ? count : 0);
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const HashedColumn column = columns[i];
    if (isnull[column.attribute]) {
      if constexpr (wanted) bytes.null(i);
      continue;
    }
    const Datum value = values[column.attribute];
    const auto length = static_cast<std::size_t>(column.length);
    switch (column.form) {
      case Form::by_value:
        if constexpr (wanted) bytes.number(value, length);
        size += length;
        break;
      case Form::by_reference:
        if constexpr (wanted) bytes.fixed(DatumGetPointer(value), length);
        size += length;
        break;
      case Form::varlena: {
        const std::string_view content = content_of(value);
        if constexpr (wanted) bytes.varying(content.data(), content.size());
        size += content.size();
        break;
      }
      case Form::number: {
        const std::string_view number = content_of(value);
        if constexpr (wanted) append_number(bytes, number);
        size += number.size();
        break;
      }
      case Form::c_string: {
        const std::size_t found = std::strlen(DatumGetCString(value));
        if constexpr (wanted) bytes.varying(DatumGetCString(value), found);
        size += found;
        break;
      }
    }
  }
  if constexpr (wanted) hash->sum += bytes.hash();
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

Hash128 sum_of(const RowHash* hash) { return hash->sum; }

Datum uuid_of(Hash128 hash) {
  auto* uuid = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
  const auto bytes = replicate::bytes_of(hash);
  std::memcpy(uuid->data, bytes.data(), sizeof(uuid->data));
  return UUIDPGetDatum(uuid);
}

}  // namespace mssql::pg
