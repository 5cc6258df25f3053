// One client connection from accept to close: the login, then one request after the other.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <thread>

#include "faults.hpp"
#include "handshake.hpp"
#include "inbox.hpp"
#include "packet.hpp"
#include "requests.hpp"
#include "result_writer.hpp"
#include "server.hpp"
#include "transport.hpp"

namespace tds_server {

class PacketSource;

class Session {
 public:
  // Owns `socket`.
  Session(int socket, Server& server, int spid);

  // Returns when the connection is over; never throws.
  void run();
  // Ends run() soon; callable from any thread.
  void stop() { transport_.shut_down(); }
  int spid() const { return spid_; }

 private:
  void serve();
  void handle(Packet packet);
  std::vector<std::uint8_t> whole_message(Packet first, bool& ignored);
  void dispatch(PacketType type, Source& message);
  void reset(std::uint8_t status);
  void count_statement();
  bool transaction_is_right(std::optional<std::uint64_t> descriptor);

  void batch(const std::string& text);
  void procedure_calls(const std::vector<ProcedureCall>& calls);
  void procedure_call(const ProcedureCall& call, bool last);
  void transaction(const TransactionRequest& request);
  void begin_bulk(const std::string& statement);
  void bulk_load(Packet first);
  bool control(const std::string& text, ReplyStyle style, bool last);

  // Runs `work` as one statement; engine errors become part of the reply. Throws Disconnected and
  // ProtocolError.
  template <typename Work>
  void execute(ResultWriter& reply, const StatementFaults& faults, Work work);
  // Ends the reply, with the acknowledgement of an attention when one came, and the message unless
  // more calls follow.
  void finish(ResultWriter& reply, const StatementFaults& faults, bool last);

  void run_transaction(const TransactionRequest& request, ResultSink& sink);
  void run_control(const Control& control, ResultSink& sink);
  void load_rows(PacketSource& in, ResultSink& sink, const StatementFaults& faults);
  std::string statement_of(const ProcedureCall& call) const;
  void answer_attention();
  void answer_error(const Message& message);
  void answer_protocol_error(const char* what);

  Server& server_;
  int spid_;
  Transport transport_;
  PacketWriter writer_;
  Inbox inbox_;
  ReplyContext context_;
  std::unique_ptr<Engine> engine_;
  std::thread reader_;
  std::map<std::string, std::string> prepared_;  // statement text by sp_prepare's handle, for faults
  bool bulk_open_{false};                        // INSERT BULK was answered, its data is due
  StatementFaults bulk_faults_;
  std::uint64_t statements_{0};  // of this session, as Statistics counts them
  bool mute_attention_{false};   // of the last statement
};

}  // namespace tds_server
