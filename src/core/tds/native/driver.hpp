// The native driver: a Session that speaks TDS 7.4 and 8.0 itself (MS-TDS), over a non-blocking
// socket.
//
// A request is sent whole, but for a bulk load, which goes out as its rows come; its reply is read
// token by token as the caller asks for it, straight from the receive buffer. What it leaves to
// others: savepoints and session settings.
#pragma once

#include <memory>
#include <optional>

#include "core/tds/session.hpp"
#include "bulk_load.hpp"
#include "channel.hpp"
#include "inbox.hpp"
#include "messages.hpp"
#include "outbox.hpp"
#include "prelogin.hpp"
#include "prepared.hpp"
#include "request.hpp"
#include "result_set.hpp"
#include "security_context.hpp"
#include "server_state.hpp"

namespace mssql::tds::native {

class Driver final : public Session {
 public:
  Driver(const Login& login, const Environment& environment);
  // Logs in over a connection that exists already; `login.host` and `port` only name it. A server
  // that sends the login elsewhere is refused. An integrated login takes `security` instead of one
  // by GSSAPI.
  Driver(std::unique_ptr<net::Stream> stream, const Login& login, const Environment& environment,
         std::unique_ptr<SecurityContext> security = nullptr);

  void execute(std::string_view sql, std::span<const Parameter> parameters) override;
  bool next_result() override;
  std::span<const Column> columns() const override { return link_->result.columns(); }
  bool fetch(Row& row) override;
  std::int64_t rows_affected() const override { return affected_; }
  void begin_transaction(IsolationLevel level) override;
  void commit_transaction() override;
  void roll_back_transaction() override;
  void save_transaction(std::string_view savepoint) override;
  void roll_back_to(std::string_view savepoint) override;
  void leave_transaction() override;
  void catch_up() override;
  std::optional<std::uint64_t> transaction() const noexcept override;
  bool resets() const noexcept override { return true; }
  void open(const Opening& opening) override;
  void settle() override;
  bool awaits_begin() const noexcept override { return opening_ && opening_->begins; }
  void limit(const Waits& waits) override { waits_ = waits; }
  void cancel() noexcept override;
  bool busy() const noexcept override { return busy_ && !unanswered_; }
  bool alive() const noexcept override;
  bool loads_rows() const noexcept override { return true; }
  void bulk_begin(std::string_view table, std::span<const BulkColumn> columns, bool locks_table) override;
  void bulk_row(std::span<const Scalar> row) override;
  std::int64_t bulk_end() override;
  int spid() const noexcept override { return spid_; }
  std::string_view server_version() const noexcept override { return server_version_; }

 private:
  // All that belongs to one TCP connection; a routed login makes a second one.
  struct Link {
    Link(std::unique_ptr<net::Stream> stream, const Environment& environment, std::string where)
        : channel(std::move(stream), environment, std::move(where)),
          inbox(channel),
          outbox(channel),
          messages(environment) {}

    Channel channel;
    Inbox inbox;
    Outbox outbox;
    Messages messages;
    ServerState state;
    ResultSet result;
  };
  enum class Event : std::uint8_t { columns, row, done, other };

  void connect(Login login);
  void open(std::unique_ptr<net::Stream> stream, const Login& login, net::Deadline deadline, int port,
            std::unique_ptr<SecurityContext> security);
  void complete_login();
  void log_in(const Login& login, SecurityContext* security);
  Agreement secure_connection(const Login& login);
  void read_login_answer(const Login& login, SecurityContext* security);
  std::string read_challenge(SecurityContext* security);
  void read_login_acknowledgement();
  void check_proof(const Login& login, const SecurityContext* security);
  void introduce();

  void require_alive();
  void make_way();
  void begin_request();
  template <class Write>
  void send(Write write);
  template <class Write>
  void request_transaction(Write write);
  void send_statement(std::string_view sql);
  std::uint8_t reset_status() const noexcept;
  std::string way_home() const;
  void forget_session();
  void send_parameterised(std::string_view sql);
  void give_back_handles();
  bool handle_is_unknown() const;
  void prepare_again();
  void finish_request();
  Event next_event();
  Event next_event_but_row();
  Event read_token(std::uint8_t token);
  bool read_row(Row& row);
  void read_done(std::uint8_t token);
  void read_return_value();
  void pass_over();
  void skip_rows();
  void opening_is_done() noexcept;
  BulkLoad& load_under_way();
  void send_bulk(std::string_view bytes, bool last);
  void hear_early();
  void drop() noexcept;
  void drain();
  template <class Read>
  auto guarded(Read read) -> decltype(read());

  Environment environment_;
  Waits waits_;
  std::unique_ptr<Link> link_;
  ServerState home_;                // as the login left it
  std::optional<Opening> opening_;  // not known to have been done
  bool opening_tried_{false};       // a request has taken it along
  bool opening_due_{false};         // the request under way has it
  bool unanswered_{false};          // the request under way is a rollback whose answer nobody waits for
  bool busy_{false};
  bool in_rows_{false};
  bool acknowledged_{false};  // the reply holds the answer to an attention
  bool calling_off_{false};   // no error matters any more
  bool logged_in_{false};
  std::optional<BulkLoad> bulk_;
  PreparedStatements prepared_;
  // The request under way, if it is one of a statement in prepared_.
  struct Call {
    PreparedStatement* statement{nullptr};
    Arguments arguments{};
    PreparedStatement::Way way{PreparedStatement::Way::execute_sql};
    std::uint64_t transaction{0};
    bool had_result{false};
  };
  Call call_;
  std::int64_t affected_{0};
  bool counted_{false};  // the server has told a number of rows
  int spid_{0};
  std::string server_version_;
};

// For people: "native TDS driver".
std::string driver_description();

}  // namespace mssql::tds::native
