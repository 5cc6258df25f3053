// The request loop of a session, MS-TDS 3.3.5.7 to 3.3.5.10.
#include "session.hpp"

#include <cstdio>
#include <limits>
#include <stdexcept>

#include "bulk.hpp"

namespace tds_server {

namespace {

constexpr std::size_t message_limit = std::size_t{256} << 20;
constexpr std::int32_t own_error = 50000;

// Texts and severities that tests may look at; others are told by number only.
Message injected_error(std::uint64_t number) {
  Message message{static_cast<std::int32_t>(number),
                  1,
                  16,
                  "Error " + std::to_string(number) + " injected by tds_server_fault.",
                  "",
                  1};
  switch (number) {
    case 1205:
      message.severity = 13;
      message.state = 51;
      message.text =
          "Transaction (Process ID 51) was deadlocked on lock resources with another process and has been chosen as "
          "the deadlock victim. Rerun the transaction.";
      break;
    case 1222:
      message.state = 51;
      message.text = "Lock request time out period exceeded.";
      break;
    case 229:
      message.severity = 14;
      message.state = 5;
      message.text = "The SELECT permission was denied on the object 'fault', database 'fault', schema 'dbo'.";
      break;
    case 9002:
      message.severity = 17;
      message.text = "The transaction log for database 'fault' is full due to 'LOG_BACKUP'.";
      break;
    default: break;
  }
  return message;
}

bool is_insert_bulk(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return false;
  const std::string head = lower_case(std::string(text.substr(start, 40)));
  if (head.compare(0, 6, "insert") != 0) return false;
  const std::size_t word = head.find_first_not_of(" \t\r\n", 6);
  return word != std::string::npos && word > 6 && head.compare(word, 5, "bulk ") == 0;
}

std::string bracketed(const std::string& name) {
  std::string text = "[";
  for (const char c : name) text += c == ']' ? "]]" : std::string(1, c);
  return text + "]";
}

const char* transaction_verb(TransactionRequestType type) {
  switch (type) {
    case TransactionRequestType::begin: return "BEGIN TRANSACTION";
    case TransactionRequestType::commit: return "COMMIT TRANSACTION";
    case TransactionRequestType::rollback: return "ROLLBACK TRANSACTION";
    case TransactionRequestType::save: return "SAVE TRANSACTION";
    default: return "";
  }
}

}  // namespace

Session::Session(int socket, Server& server, int spid)
    : server_(server),
      spid_(spid),
      transport_(socket),
      writer_(transport_),
      context_{transport_, writer_, inbox_, server.statistics, nullptr, {}, server.name, 0, 0} {}

void Session::run() {
  ++server_.statistics.connections_open;
  ++server_.statistics.connections_total;
  try {
    writer_.spid(spid_);
    if (std::optional<LoggedIn> login = log_in(transport_, writer_, server_, spid_)) {
      engine_ = std::move(login->engine);
      context_.engine = engine_.get();
      context_.dialect = login->dialect;
      serve();
    }
  } catch (const Disconnected&) {
    // Ordinary end.
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tds_server: session %d: %s\n", spid_, error.what());
  }
  transport_.shut_down();
  if (reader_.joinable()) reader_.join();
  engine_.reset();
  --server_.statistics.connections_open;
}

void Session::serve() {
  reader_ = std::thread([this] { inbox_.receive(transport_, server_.statistics.attentions); });
  try {
    while (std::optional<Packet> packet = inbox_.next()) handle(*std::move(packet));
  } catch (const ProtocolError& error) {
    answer_protocol_error(error.what());
  }
}

void Session::handle(Packet packet) {
  if (packet.type == PacketType::attention) return answer_attention();
  if (packet.type == PacketType::bulk) return bulk_load(std::move(packet));
  reset(packet.status);
  const PacketType type = packet.type;
  bool ignored = false;
  const std::vector<std::uint8_t> bytes = whole_message(std::move(packet), ignored);
  if (ignored) {
    const bool attention = inbox_.end();
    append_done(writer_.body(), {DoneToken::done, done_flag::error, Command::none, 0}, context_.dialect);
    writer_.end_message();
    if (attention) answer_attention();
    return;
  }
  Source message(bytes);
  dispatch(type, message);
}

std::vector<std::uint8_t> Session::whole_message(Packet first, bool& ignored) {
  std::vector<std::uint8_t> bytes = std::move(first.payload);
  ignored = (first.status & packet_status::ignore) != 0;
  bool last = first.last();
  while (!last) {
    const std::optional<Packet> packet = inbox_.next();
    if (!packet) throw Disconnected();
    if (packet->type != first.type) throw ProtocolError("packet type changes within a message");
    if (bytes.size() + packet->payload.size() > message_limit) throw ProtocolError("message too long");
    bytes.insert(bytes.end(), packet->payload.begin(), packet->payload.end());
    last = packet->last();
    ignored = (packet->status & packet_status::ignore) != 0;
  }
  return bytes;
}

void Session::dispatch(PacketType type, Source& message) {
  if (type != PacketType::batch && type != PacketType::rpc && type != PacketType::transaction) {
    throw ProtocolError("undefined message type");
  }
  const std::optional<std::uint64_t> descriptor = read_all_headers(message, context_.dialect);
  if (bulk_open_) {
    engine_->bulk_abort();
    bulk_open_ = false;
    return answer_error(
        {4022, 1, 16, "Bulk load data was expected but not sent. The batch will be terminated.", "", 1});
  }
  if (!transaction_is_right(descriptor)) return;
  switch (type) {
    case PacketType::batch: return batch(read_batch_text(message));
    case PacketType::rpc: return procedure_calls(read_procedure_calls(message, context_.dialect));
    default: return transaction(read_transaction_request(message));
  }
}

void Session::count_statement() {
  ++server_.statistics.statements;
  ++statements_;
}

// MS-TDS 2.2.3.1.2: the status bits of a request's first packet. Of the database that is current
// then the client is told nothing.
void Session::reset(std::uint8_t status) {
  const bool keep_transaction = (status & packet_status::reset_connection_skip_transaction) != 0;
  if ((status & packet_status::reset_connection) == 0 && !keep_transaction) return;
  try {
    engine_->reset(keep_transaction);
  } catch (const EngineError& error) {
    append_message(writer_.body(), error.message, server_.name, context_.dialect);
    append_done(writer_.body(), {DoneToken::done, done_flag::error, Command::none, 0}, context_.dialect);
    writer_.end_message();
    throw Disconnected();
  }
  append_env_reset(writer_.body());
  if (context_.transaction != 0 && !engine_->in_transaction()) {
    append_env_transaction(writer_.body(), EnvChange::rollback, context_.transaction);
    context_.transaction = 0;
  }
}

bool Session::transaction_is_right(std::optional<std::uint64_t> descriptor) {
  if (!descriptor || *descriptor == context_.transaction) return true;
  if (*descriptor == 0) {
    answer_error({3989, 1, 16,
                  "New request is not allowed to start because it should come with valid transaction descriptor.", "",
                  1});
  } else {
    answer_error(
        {3971, 1, 16, "The server failed to resume the transaction. Desc:" + std::to_string(*descriptor) + ".", "", 1});
  }
  return false;
}

template <typename Work>
void Session::execute(ResultWriter& reply, const StatementFaults& faults, Work work) {
  mute_attention_ = faults.mute_attention;
  if (faults.drop_after_bytes) writer_.break_after(*faults.drop_after_bytes);
  if (!inbox_.begin(*engine_)) return;
  try {
    if (faults.error_at_statement) {
      if (*faults.error_at_statement == 1205 && engine_->in_transaction()) engine_->rollback();
      throw EngineError{injected_error(*faults.error_at_statement)};
    }
    work(reply);
  } catch (const EngineError& error) {
    reply.message(error.message);
  } catch (const Disconnected&) {
    throw;
  } catch (const ProtocolError&) {
    throw;
  } catch (const std::exception& error) {
    reply.message({own_error, 1, 16, std::string("tds_server: ") + error.what(), "", 1});
  }
}

void Session::finish(ResultWriter& reply, const StatementFaults& faults, bool last) {
  if (!last && !inbox_.stopping()) return reply.finish(true);
  if (inbox_.end()) {
    if (faults.mute_attention) {
      inbox_.wait_until_disconnected();
      throw Disconnected();
    }
    reply.finish_with_attention();
  } else {
    reply.finish(false);
  }
  writer_.end_message();
  writer_.forget_break();
}

// What a client says in front of a transaction's first statement, in the same batch, is no part of
// a reply that is kept.
static std::size_t end_of_opening(const std::string& text) {
  static constexpr std::string_view last = "BEGIN TRANSACTION; ";
  const std::size_t at = text.find(last);
  return at == std::string::npos ? 0 : at + last.size();
}

void Session::batch(const std::string& text) {
  if (control(text, ReplyStyle::batch, true)) return;
  count_statement();
  if (is_insert_bulk(text)) return begin_bulk(text);
  const StatementFaults faults = server_.faults.for_statement(text);
  ResultWriter reply(context_, ReplyStyle::batch, faults);
  const std::size_t opening = end_of_opening(text);
  const std::string rest = text.substr(opening);
  const ReplayOrder order =
      faults.on_rows ? ReplayOrder{} : server_.replay.for_batch(rest, engine_->database(), context_.dialect);
  execute(reply, faults, [&](ResultSink& sink) {
    if (!order.recording && !order.wanted) return engine_->batch(text, sink);
    if (opening > 0) engine_->batch(text.substr(0, opening), sink);
    if (order.recording) return reply.replay(order);
    reply.record();
    engine_->batch(rest, sink);
  });
  if (order.wanted) server_.replay.keep(rest, engine_->database(), context_.dialect, reply.recorded());
  finish(reply, faults, true);
}

void Session::procedure_calls(const std::vector<ProcedureCall>& calls) {
  if (calls.empty()) throw ProtocolError("RPC message without a call");
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const bool stopping = inbox_.stopping();
    procedure_call(calls[i], i + 1 == calls.size());
    if (stopping) return;  // the attention has been acknowledged for all of them
  }
}

void Session::procedure_call(const ProcedureCall& call, bool last) {
  const std::string text = statement_of(call);
  if (control(text, ReplyStyle::procedure, last)) return;
  count_statement();
  const StatementFaults faults = server_.faults.for_statement(text);
  ResultWriter reply(context_, ReplyStyle::procedure, faults);
  reply.request_parameters(call.parameters);
  execute(reply, faults, [&](ResultSink& sink) { engine_->call(call.procedure, call.parameters, sink); });
  if (!reply.returned().empty()) prepared_[reply.returned().front().value.bytes] = text;
  finish(reply, faults, last);
}

// The T-SQL that a call runs, as far as the wire side can tell.
std::string Session::statement_of(const ProcedureCall& call) const {
  const std::string name = lower_case(call.procedure);
  const auto parameter = [&](std::size_t i) {
    return i < call.parameters.size() ? call.parameters[i].value.bytes : call.procedure;
  };
  if (name == "sp_executesql") return parameter(0);
  if (name == "sp_prepare" || name == "sp_prepexec") return parameter(2);
  if (name == "sp_execute") {
    const auto found = prepared_.find(parameter(0));
    if (found != prepared_.end()) return found->second;
  }
  return call.procedure;
}

void Session::transaction(const TransactionRequest& request) {
  count_statement();
  const StatementFaults faults = server_.faults.for_statement(transaction_verb(request.type));
  ResultWriter reply(context_, ReplyStyle::batch, faults);
  execute(reply, faults, [&](ResultSink& sink) { run_transaction(request, sink); });
  finish(reply, faults, true);
}

void Session::run_transaction(const TransactionRequest& request, ResultSink& sink) {
  const std::string named = std::string(transaction_verb(request.type)) + " " + bracketed(request.name);
  switch (request.type) {
    case TransactionRequestType::begin:
      engine_->begin(request.isolation);
      sink.done(Command::begin, std::nullopt);
      break;
    case TransactionRequestType::commit:
      engine_->commit();
      sink.done(Command::commit, std::nullopt);
      break;
    case TransactionRequestType::rollback:
      if (!request.name.empty()) return engine_->batch(named, sink);
      engine_->rollback();
      sink.done(Command::rollback, std::nullopt);
      break;
    case TransactionRequestType::save: return engine_->batch(named, sink);
    default: throw EngineError{{own_error, 1, 16, "Distributed transactions are not supported.", "", 1}};
  }
  if (request.begins_another) {
    engine_->begin(request.isolation);
    sink.done(Command::begin, std::nullopt);
  }
}

void Session::begin_bulk(const std::string& statement) {
  bulk_faults_ = server_.faults.for_statement(statement);
  StatementFaults faults;
  faults.error_at_statement = bulk_faults_.error_at_statement;
  bulk_faults_.error_at_statement.reset();
  ResultWriter reply(context_, ReplyStyle::batch, faults);
  execute(reply, faults, [&](ResultSink& sink) {
    engine_->bulk_begin(statement);
    bulk_open_ = true;
    sink.done(Command::none, std::nullopt);
  });
  finish(reply, faults, true);
}

void Session::bulk_load(Packet first) {
  PacketSource in(inbox_, std::move(first));
  if (!bulk_open_) {
    in.skip_rest();
    return answer_error({4002, 1, 16, "Bulk load data came without an INSERT BULK statement.", "", 1});
  }
  bulk_open_ = false;
  ResultWriter reply(context_, ReplyStyle::batch, bulk_faults_);
  execute(reply, bulk_faults_, [&](ResultSink& sink) {
    try {
      load_rows(in, sink, bulk_faults_);
    } catch (...) {
      engine_->bulk_abort();
      throw;
    }
  });
  in.skip_rest();
  finish(reply, bulk_faults_, true);
}

void Session::load_rows(PacketSource& in, ResultSink& sink, const StatementFaults& faults) {
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  for (const auto& fault : {faults.drop_after_rows, faults.stall_after_rows, faults.error_after_rows}) {
    if (fault) limit = *fault;
  }
  const std::uint64_t rows = read_bulk_rows(in, context_.dialect, *engine_, inbox_, limit);
  if (rows == limit && faults.drop_after_rows) throw Disconnected();
  if (rows == limit && faults.error_after_rows) throw EngineError{injected_error(1205)};
  if (rows == limit && faults.stall_after_rows) inbox_.wait_until_stopping();
  in.skip_rest();
  if (inbox_.stopping() || in.ignored()) return engine_->bulk_abort();
  sink.done(Command::bulk, engine_->bulk_end());
}

// True when `text` is one of the test commands, which are not statements and meet no faults.
bool Session::control(const std::string& text, ReplyStyle style, bool last) {
  std::optional<Control> parsed;
  std::string problem;
  try {
    parsed = parse_control(text);
  } catch (const std::invalid_argument& error) {
    problem = error.what();
  }
  if (!parsed && problem.empty()) return false;
  ResultWriter reply(context_, style, {});
  execute(reply, {}, [&](ResultSink& sink) {
    if (!parsed) throw EngineError{{own_error, 1, 16, "tds_server: " + problem, "", 1}};
    run_control(*parsed, sink);
  });
  finish(reply, {}, last);
  return true;
}

void Session::run_control(const Control& control, ResultSink& sink) {
  if (control.kind == ControlKind::statistics) {
    const Statistics& s = server_.statistics;
    const std::pair<const char*, std::uint64_t> counters[] = {{"connections_open", s.connections_open},
                                                              {"connections_total", s.connections_total},
                                                              {"statements", s.statements},
                                                              {"attentions", s.attentions},
                                                              {"rows_sent", s.rows_sent},
                                                              {"session_statements", statements_}};
    std::vector<ColumnInfo> columns;
    std::vector<Value> values;
    for (const auto& [name, value] : counters) {
      columns.push_back({name, {SqlType::bigint, 8, 19, 0, {}}, false, false, true});
      values.push_back({false, std::to_string(value), nullptr});
    }
    sink.columns(columns);
    sink.row(values);
    return sink.done(Command::select, 1);
  }
  if (control.kind == ControlKind::replay) {
    if (control.name == "clear")
      server_.replay.clear();
    else
      server_.replay.arm(control.name, control.value, control.text);
  } else if (control.kind == ControlKind::answer) {
    server_.faults.answer({control.name, control.answer}, control.text);
  } else if (control.name == "clear") {
    server_.faults.clear();
  } else if (!server_.faults.arm(control.name, control.value, control.text, control.count)) {
    throw EngineError{{own_error, 1, 16, "tds_server_fault: there is no fault '" + control.name + "'", "", 1}};
  }
  sink.done(Command::none, std::nullopt);
}

void Session::answer_attention() {
  if (mute_attention_) return;
  if (bulk_open_) {
    engine_->bulk_abort();
    bulk_open_ = false;
  }
  append_done(writer_.body(), {DoneToken::done, done_flag::attention, Command::none, 0}, context_.dialect);
  writer_.end_message();
}

// A request that cannot be run; an attention that came for it is acknowledged in its reply.
void Session::answer_error(const Message& message) {
  ResultWriter reply(context_, ReplyStyle::batch, {});
  execute(reply, {}, [&](ResultSink& sink) { sink.message(message); });
  finish(reply, {}, true);
}

void Session::answer_protocol_error(const char* what) {
  append_message(
      writer_.body(),
      {4002, 1, 16, std::string("The incoming tabular data stream (TDS) protocol stream is incorrect: ") + what + ".",
       "", 1},
      server_.name, context_.dialect);
  append_done(writer_.body(), {DoneToken::done, done_flag::error, Command::none, 0}, context_.dialect);
  writer_.end_message();
}

}  // namespace tds_server
