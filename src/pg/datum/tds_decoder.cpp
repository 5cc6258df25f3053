#include "tds_decoder.hpp"

#include <algorithm>

#include "core/tds/codec/raw_text.hpp"
#include "datum.hpp"

namespace mssql::pg {

namespace {

constexpr std::size_t scratch_to_keep = 1 << 20;

// Where a remote column's values go.
struct Field {
  Converter converter;
  const char* name;  // the attribute's
  int attribute;     // its place in the row, from 0
  bool raw_text;
};

class TdsDecoder final : public RowDecoder {
 public:
  // Core only.
  void describe(const tds::Session& session) {
    const std::span<const tds::Column> columns = session.columns();
    columns_.assign(columns.begin(), columns.end());
    described_ = columns_;
    fields_.reserve(columns_.size());
  }
  void choose_converters(const RowTarget& target);

  void decode(source::Row row, Datum* values, bool* isnull) override;
  bool reads(const source::Session& session) const override {
    const std::span<const tds::Column> columns = dynamic_cast<const tds::Session&>(session).columns();
    return std::equal(columns.begin(), columns.end(), described_.begin(), described_.end());
  }
  void leave_wire() noexcept override {
    for (tds::Column& column : columns_) column.padded = false;
  }
  const char* converting() const noexcept override {
    return current_ < 0 ? nullptr : fields_[static_cast<std::size_t>(current_)].name;
  }

 private:
  std::vector<tds::Column> columns_;
  std::vector<tds::Column> described_;  // as they came
  std::vector<Field> fields_;
  std::string scratch_;
  int current_{-1};
};

void TdsDecoder::choose_converters(const RowTarget& target) {
  for (int i = 0; i < target.ncolumns; ++i) {
    const Form_pg_attribute attribute = TupleDescAttr(target.descriptor, target.attnums[i] - 1);
    const RemoteColumn known = target.columns != nullptr ? target.columns[i] : RemoteColumn{};
    tds::Column& column = columns_[static_cast<std::size_t>(i)];
    const bool raw_text = known.raw_text && tds::adopt_raw_text(column);
    const Converter converter = choose_converter(column, known.known ? &known.type : nullptr, attribute, target.policy);
    fields_.push_back({converter, pstrdup(NameStr(attribute->attname)), target.attnums[i] - 1, raw_text});
  }
}

void TdsDecoder::decode(source::Row row, Datum* values, bool* isnull) {
  const Field* const fields = fields_.data();
  tds::Column* const columns = columns_.data();
  const std::size_t count = fields_.size();
  for (std::size_t i = 0; i < count; ++i) {
    current_ = static_cast<int>(i);
    const Field& field = fields[i];
    const tds::Cell cell = field.raw_text ? tds::unwrap_raw_text(columns[i], row[i]) : row[i];
    values[field.attribute] = convert(field.converter, columns[i], cell, scratch_, &isnull[field.attribute]);
    // A conversion that wanted the session has failed for it, and may have caught that: the row is
    // the session's no more
    if (row_is_lost_) [[unlikely]]
      throw Error("25000", "remote query was ended before its last row",
                  "The conversion of one of its values has queried the same server.");
  }
  current_ = -1;
  if (scratch_.capacity() > scratch_to_keep) {
    scratch_.clear();
    scratch_.shrink_to_fit();
  }
}

}  // namespace

RowDecoder* make_tds_decoder(const tds::Session& session, const RowTarget& target) {
  auto* decoder = own<TdsDecoder>(CurrentMemoryContext);
  decoder->describe(session);
  decoder->choose_converters(target);
  return decoder;
}

}  // namespace mssql::pg
