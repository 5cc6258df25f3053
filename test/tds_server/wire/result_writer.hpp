// The reply to one statement or procedure call: what the engine produces, as tokens, with the
// ordered faults applied.
//
// A DONE is held back until it is known whether more follows. Nothing is thrown into the engine: a
// broken connection or an unencodable value makes row() return false, and finish() reports it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "../engine.hpp"
#include "dialect.hpp"
#include "faults.hpp"
#include "inbox.hpp"
#include "packet.hpp"
#include "replay.hpp"
#include "statistics.hpp"
#include "tokens.hpp"

namespace tds_server {

// What all replies of a session share.
struct ReplyContext {
  Transport& transport;
  PacketWriter& writer;
  Inbox& inbox;
  Statistics& statistics;
  Engine* engine{nullptr};
  Dialect dialect;
  std::string server_name;
  std::uint64_t transaction{0};  // the descriptor; 0: none
  std::uint64_t last_transaction{0};
};

enum class ReplyStyle : std::uint8_t { batch, procedure };

class ResultWriter final : public ResultSink {
 public:
  ResultWriter(ReplyContext& context, ReplyStyle style, StatementFaults faults);

  void columns(std::span<const ColumnInfo> columns) override;
  bool row(std::span<const Value> values) override;
  void done(Command command, std::optional<std::uint64_t> rows) override;
  void message(const Message& message) override;
  void database_changed(std::string_view from, std::string_view to) override;
  void return_value(const Parameter& value) override;
  void return_status(std::int32_t status) override;

  // The request's parameters, for the ordinals of output values.
  void request_parameters(std::span<const Parameter> parameters) { request_ = parameters; }
  // Output values so far, of which sp_prepare's handle is one.
  const std::vector<Parameter>& returned() const { return returned_; }
  // Keeps the bytes of what follows; recorded() has them when that was one result set and nothing
  // else, else it is null.
  void record() { recording_ = std::make_unique<Recording>(); }
  std::unique_ptr<Recording> recorded();
  // Writes a recorded result set, its rows over and over until there are as many as wanted.
  void replay(const ReplayOrder& order);
  // Ends the reply; `more`: another one follows in the same message. Throws Disconnected.
  void finish(bool more);
  // Ends the message and starts the one that acknowledges an attention: tedious waits for it in a
  // message of its own, Microsoft's drivers and FreeTDS take it wherever it comes.
  void finish_with_attention();

 private:
  template <typename Body>
  void guarded(Body body);
  ByteBuffer& out() { return context_.writer.body(); }
  bool silent() const { return broken_ || suppressed_ || context_.inbox.stopping(); }
  void write_pending(bool more);
  void report(const Message& message);
  bool write_row(std::span<const Value> values);
  std::vector<ColumnInfo> answered(std::span<const ColumnInfo> columns) const;
  std::vector<Value> answered(std::span<const Value> values) const;
  bool fault_is_due(const std::optional<std::uint64_t>& after) const { return after && rows_ >= *after; }
  bool stopped_by_fault(bool has_row, std::span<const Value> values);
  void drop(bool has_row, std::span<const Value> values);
  void truncate(std::span<const Value> values);
  void write_half_row(std::span<const Value> values);
  void stall();
  void follow_transaction(Command command);
  void count_rows();
  unsigned ordinal_of(const Parameter& value) const;

  ReplyContext& context_;
  ReplyStyle style_;
  StatementFaults faults_;
  std::span<const Parameter> request_;
  std::vector<ReplyColumn> columns_;
  std::vector<Parameter> returned_;
  std::optional<std::int32_t> status_;
  std::unique_ptr<Recording> recording_;
  std::optional<Done> pending_;
  DoneToken next_token_;
  std::uint64_t rows_{0};
  std::uint64_t counted_{0};
  bool error_{false};       // since the last DONE
  bool broken_{false};      // the connection is gone
  bool suppressed_{false};  // a fault ended the reply
};

}  // namespace tds_server
