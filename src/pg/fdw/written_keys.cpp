// A set of hashes of 128 bits, so that memory does not depend on the keys' length.

#include "written_keys.hpp"

namespace mssql::pg {

struct WrittenKeys {
  HTAB* hashes;
  StringInfoData bytes;
};

namespace {

struct Hash {
  std::uint64_t parts[2];
};

void append(StringInfo out, const void* data, std::size_t size) {
  appendBinaryStringInfo(out, static_cast<const char*>(data), static_cast<int>(size));
}

void append_sized(StringInfo out, std::string_view bytes) {
  const std::uint64_t size = bytes.size();
  append(out, &size, sizeof(size));
  append(out, bytes.data(), bytes.size());
}

// Without zeros behind the last digit: 1.50 is 1.5.
void append_decimal(StringInfo out, Decimal value) {
  for (; value.scale > 0 && value.magnitude % 10 == 0; --value.scale) value.magnitude /= 10;
  const std::uint64_t parts[] = {static_cast<std::uint64_t>(value.magnitude),
                                 static_cast<std::uint64_t>(value.magnitude >> 64),
                                 static_cast<std::uint64_t>(value.scale), value.negative ? 1u : 0u};
  append(out, parts, sizeof(parts));
}

void append_value(StringInfo out, const Parameter& parameter) {
  const Scalar& value = parameter.value;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) append(out, integer, sizeof(*integer));
  if (const auto* number = std::get_if<double>(&value)) {
    const double normal = *number == 0 ? 0 : *number;
    append(out, &normal, sizeof(normal));
  }
  if (const auto* decimal = std::get_if<Decimal>(&value)) append_decimal(out, *decimal);
  if (const auto* moment = std::get_if<DateTime>(&value)) {
    append(out, &moment->days, sizeof(moment->days));
    append(out, &moment->microseconds, sizeof(moment->microseconds));
  }
  if (const auto* uuid = std::get_if<Uuid>(&value)) append(out, uuid->data(), uuid->size());
  if (const auto* text = std::get_if<Text>(&value)) append_sized(out, text->utf8);
  if (const auto* binary = std::get_if<Binary>(&value)) append_sized(out, binary->bytes);
}

}  // namespace

WrittenKeys* make_written_keys() {
  auto* keys = static_cast<WrittenKeys*>(palloc0(sizeof(WrittenKeys)));
  HASHCTL control{};
  control.keysize = control.entrysize = sizeof(Hash);
  control.hcxt = CurrentMemoryContext;
  keys->hashes = hash_create("mssql_fdw written keys", 1024, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
  initStringInfo(&keys->bytes);
  return keys;
}

bool was_written(WrittenKeys* keys, std::span<const Parameter> key) {
  resetStringInfo(&keys->bytes);
  for (const Parameter& parameter : key) append_value(&keys->bytes, parameter);
  const auto* bytes = reinterpret_cast<const unsigned char*>(keys->bytes.data);
  const Hash hash{{hash_bytes_extended(bytes, keys->bytes.len, 0),
                   hash_bytes_extended(bytes, keys->bytes.len, 0x9E3779B97F4A7C15)}};
  bool found = false;
  hash_search(keys->hashes, &hash, HASH_ENTER, &found);
  return found;
}

}  // namespace mssql::pg
