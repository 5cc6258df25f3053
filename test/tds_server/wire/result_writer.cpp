// Engine results to tokens, MS-TDS 2.2.7 and the token order of 2.2.4.
#include "result_writer.hpp"

#include <chrono>
#include <stdexcept>

namespace tds_server {

namespace {

constexpr std::int32_t conversion_failed = 245;
constexpr std::int32_t unencodable = 50000;

}  // namespace

ResultWriter::ResultWriter(ReplyContext& context, ReplyStyle style, StatementFaults faults)
    : context_(context),
      style_(style),
      faults_(faults),
      next_token_(style == ReplyStyle::batch ? DoneToken::done : DoneToken::in_proc) {}

template <typename Body>
void ResultWriter::guarded(Body body) {
  if (silent()) return;
  const std::size_t start = out().size();
  try {
    body();
  } catch (const Disconnected&) {
    broken_ = true;
  } catch (const std::invalid_argument& error) {
    out().truncate(start);
    report({unencodable, 1, 16, std::string("tds_server cannot encode: ") + error.what(), "", 1});
    suppressed_ = true;
  }
}

void ResultWriter::write_pending(bool more) {
  if (!pending_) return;
  if (more) pending_->flags |= done_flag::more;
  append_done(out(), *pending_, context_.dialect);
  pending_.reset();
}

void ResultWriter::columns(std::span<const ColumnInfo> columns) {
  guarded([&] {
    write_pending(true);
    columns_.clear();
    for (const ColumnInfo& info : answered(columns))
      columns_.push_back({wire_type(info.type, info.nullable, context_.dialect), info});
    const std::size_t start = out().size();
    append_col_metadata(out(), columns_, context_.engine->database(), context_.dialect);
    if (recording_) recording_->columns(out(), start, columns_);
  });
}

bool ResultWriter::row(std::span<const Value> values) {
  if (silent()) return false;
  if (faults_.on_rows && stopped_by_fault(true, values)) return false;
  return (faults_.answer ? write_row(answered(values)) : write_row(values)) && !silent();
}

std::vector<ColumnInfo> ResultWriter::answered(std::span<const ColumnInfo> columns) const {
  std::vector<ColumnInfo> infos(columns.begin(), columns.end());
  for (ColumnInfo& info : infos) {
    if (faults_.answer && info.name == faults_.answer->column)
      info.type = {SqlType::nvarchar, -1, 0, 0, context_.engine->default_collation()};
  }
  return infos;
}

std::vector<Value> ResultWriter::answered(std::span<const Value> values) const {
  std::vector<Value> given(values.begin(), values.end());
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (columns_[i].info.name == faults_.answer->column) given[i] = {false, faults_.answer->value, nullptr};
  }
  return given;
}

bool ResultWriter::write_row(std::span<const Value> values) {
  guarded([&] {
    const std::size_t start = out().size();
    append_row(out(), columns_, values, context_.dialect);
    if (recording_) recording_->row(out(), start);
    ++rows_;
    context_.writer.send_full();
  });
  return !broken_ && !suppressed_;
}

bool ResultWriter::stopped_by_fault(bool has_row, std::span<const Value> values) {
  if (fault_is_due(faults_.drop_after_rows)) return drop(has_row, values), true;
  if (fault_is_due(faults_.stall_after_rows)) return stall(), true;
  if (fault_is_due(faults_.error_after_rows)) {
    report({conversion_failed, 1, 16, "Conversion failed when converting the varchar value 'fault' to data type int.",
            "", 1});
    suppressed_ = true;
    return true;
  }
  if (has_row && fault_is_due(faults_.truncate_row)) return truncate(values), true;
  if (fault_is_due(faults_.garble_after_rows)) {
    out().u8(0x13);  // no token of MS-TDS 2.2.7
    faults_.garble_after_rows.reset();
  }
  if (has_row && faults_.slow_row_us > 0) {
    if (faults_.slow_row_us >= 1000) guarded([&] { context_.writer.send_partial(); });
    context_.inbox.pause(std::chrono::microseconds(faults_.slow_row_us));
  }
  return silent();
}

void ResultWriter::write_half_row(std::span<const Value> values) {
  const std::size_t start = out().size();
  append_row(out(), columns_, values, context_.dialect);
  out().truncate(start + (out().size() - start + 1) / 2);
}

void ResultWriter::drop(bool has_row, std::span<const Value> values) {
  guarded([&] {
    if (has_row) write_half_row(values);
    context_.writer.send_partial();
  });
  context_.transport.shut_down();
  broken_ = true;
}

void ResultWriter::truncate(std::span<const Value> values) {
  guarded([&] { write_half_row(values); });
  pending_ = Done{next_token_, done_flag::count, Command::select, rows_};
  suppressed_ = true;
}

void ResultWriter::stall() {
  guarded([&] { context_.writer.send_partial(); });
  context_.inbox.wait_until_stopping();
}

void ResultWriter::done(Command command, std::optional<std::uint64_t> rows) {
  if (silent() || (faults_.on_rows && stopped_by_fault(false, {}))) return;
  guarded([&] {
    write_pending(true);
    follow_transaction(command);
    Done done{next_token_, 0, command, rows.value_or(0)};
    if (rows) done.flags |= done_flag::count;
    if (error_) done.flags |= done_flag::error;
    if (recording_) recording_->done(command);
    pending_ = done;
    next_token_ = style_ == ReplyStyle::batch ? DoneToken::done : DoneToken::in_proc;
    error_ = false;
    columns_.clear();
    count_rows();
    context_.writer.send_full();
  });
}

void ResultWriter::report(const Message& message) {
  recording_.reset();
  write_pending(true);
  append_message(out(), message, context_.server_name, context_.dialect);
  if (message.severity > 10) error_ = true;
}

void ResultWriter::message(const Message& message) {
  guarded([&] { report(message); });
}

void ResultWriter::database_changed(std::string_view from, std::string_view to) {
  guarded([&] {
    write_pending(true);
    append_env_text(out(), EnvChange::database, to, from);
    report({5701, 2, 0, "Changed database context to '" + std::string(to) + "'.", "", 1});
  });
}

std::unique_ptr<Recording> ResultWriter::recorded() {
  if (recording_ && !recording_->complete()) recording_.reset();
  return std::move(recording_);
}

void ResultWriter::replay(const ReplayOrder& order) {
  constexpr std::size_t piece = 256 * 1024;
  const Recording& recording = *order.recording;
  const bool all = recording.rows() == 0 || (order.rows == 0 && !order.numbered);
  const std::uint64_t rows = all ? recording.rows() : order.rows;
  guarded([&] { out().bytes(recording.columns()); });
  while (rows_ < rows && !silent()) {
    const std::uint64_t before = order.first + rows_;
    const std::uint64_t first = before % recording.rows();
    const std::uint64_t count = recording.rows_in(first, rows - rows_, piece);
    guarded([&] {
      if (order.numbered)
        recording.append_numbered(out(), first, count, before + 1);
      else
        recording.append_rows(out(), first, count);
      rows_ += count;
      context_.writer.send_full();
    });
  }
  done(Command::select, rows_);
}

void ResultWriter::return_value(const Parameter& value) { returned_.push_back(value); }

void ResultWriter::return_status(std::int32_t status) {
  if (style_ == ReplyStyle::procedure) {
    status_ = status;
    return;
  }
  recording_.reset();
  guarded([&] {
    write_pending(true);
    append_return_status(out(), status);
    next_token_ = DoneToken::proc;
  });
}

// A batch can begin and end transactions too; the client learns it as from a transaction request.
void ResultWriter::follow_transaction(Command command) {
  const bool inside = context_.engine->in_transaction();
  if (inside == (context_.transaction != 0)) return;
  if (inside) {
    context_.transaction = ++context_.last_transaction;
    append_env_transaction(out(), EnvChange::begin, context_.transaction);
  } else {
    const EnvChange kind = command == Command::commit ? EnvChange::commit : EnvChange::rollback;
    append_env_transaction(out(), kind, context_.transaction);
    context_.transaction = 0;
  }
}

void ResultWriter::count_rows() {
  context_.statistics.rows_sent += rows_ - counted_;
  counted_ = rows_;
}

unsigned ResultWriter::ordinal_of(const Parameter& value) const {
  for (std::size_t i = 0; i < request_.size(); ++i) {
    if (request_[i].output && request_[i].name == value.name) return static_cast<unsigned>(i);
  }
  return 0;
}

void ResultWriter::finish(bool more) {
  if (broken_) throw Disconnected();
  count_rows();
  if (style_ == ReplyStyle::batch) {
    follow_transaction(Command::none);
    if (!pending_ || error_) {
      write_pending(true);
      pending_ = Done{next_token_, error_ ? done_flag::error : std::uint16_t{0}, Command::none, 0};
    }
  } else {
    write_pending(true);
    follow_transaction(Command::none);
    append_return_status(out(), status_.value_or(0));
    for (const Parameter& value : returned_) {
      append_return_value(out(), ordinal_of(value), value, context_.engine->database(), context_.dialect);
    }
    pending_ = Done{DoneToken::proc, error_ ? done_flag::error : std::uint16_t{0}, Command::none, 0};
  }
  write_pending(more);
}

void ResultWriter::finish_with_attention() {
  if (broken_) throw Disconnected();
  count_rows();
  write_pending(true);
  follow_transaction(Command::none);
  append_done(out(), {DoneToken::done, done_flag::error, Command::none, 0}, context_.dialect);
  context_.writer.end_message();
  append_done(out(), {DoneToken::done, done_flag::attention, Command::none, 0}, context_.dialect);
}

}  // namespace tds_server
