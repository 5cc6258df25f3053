// The state machine, over a session that only takes notes.
#include "core/source/transaction.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mssql::source {
namespace {

using State = Transaction::State;
using Finding = Transaction::Finding;

// Tells of transactions by number, as a server does that is at hand, and puts begin off until
// settle() or a statement.
class Notes final : public Session {
 public:
  void execute(std::string_view sql, std::span<const Parameter>) override {
    settle();
    note(std::string(sql));
  }
  bool next_result() override { return false; }
  std::size_t column_count() const override { return 0; }
  std::string_view column_name(std::size_t) const override { return {}; }
  void append_text(std::size_t, const Cell&, std::string&) const override {}
  bool fetch(Row&) override { return false; }
  std::int64_t rows_affected() const override { return 0; }
  void begin_transaction(IsolationLevel) override {}
  std::optional<bool> ask_whether_in_transaction() override { return ++asked, answer; }
  void commit_transaction() override { note("commit"), descriptor = nested-- > 0 ? descriptor : 0; }
  void roll_back_transaction() override { note("rollback"), descriptor = 0; }
  void leave_transaction() override { note("leave"), descriptor = 0; }
  void save_transaction(std::string_view name) override { note("save " + level(name)); }
  void roll_back_to(std::string_view name) override { note("back to " + level(name)); }
  std::optional<std::uint64_t> transaction() const noexcept override {
    return tells ? std::optional(descriptor) : std::nullopt;
  }
  bool resets() const noexcept override { return can_reset; }
  void open(const Opening& opening) override { opening_ = opening; }
  void settle() override {
    if (!opening_) return;
    note(opening_->begins ? "begin" : "reset");
    locking = opening_->locking;
    if (opening_->begins) descriptor = ++begun;
    opening_.reset();
  }
  bool awaits_begin() const noexcept override { return opening_ && opening_->begins; }
  void limit(const Waits&) override {}
  void cancel() noexcept override {
    notes.push_back("cancel");
    streams = false;
  }
  bool busy() const noexcept override { return streams; }
  bool alive() const noexcept override { return lives; }
  int spid() const noexcept override { return 51; }
  std::string_view server_version() const noexcept override { return ""; }

  std::string said() {
    std::string all;
    for (const std::string& one : notes) all += (all.empty() ? "" : ", ") + one;
    notes.clear();
    return all;
  }

  std::uint64_t descriptor{0}, begun{0};
  int nested{0};
  int asked{0};
  bool streams{false}, lives{true}, can_reset{true}, tells{true};
  std::optional<bool> answer;  // of a server that does not tell
  std::vector<std::string> notes;
  std::optional<Locking> locking;

 private:
  void note(std::string what) {
    if (!lives) throw Error(sqlstate::connection_failure, "gone");
    notes.push_back(std::move(what));
  }

  // A savepoint's name is one that no statement of others has, and which differs from process to
  // process.
  static std::string level(std::string_view name) {
    EXPECT_TRUE(name.starts_with("mssql_fdw_") && name.size() > 18 && name.size() <= 32) << name;
    return "s" + std::string(name.substr(name.rfind('_') + 1));
  }

  std::optional<Opening> opening_;
};

struct TransactionTest : ::testing::Test {
  void begin() { transaction.begin(session, {"SET LANGUAGE us_english", IsolationLevel::snapshot, true}); }
  void read() {
    begin();
    session.execute("SELECT", {});
    session.notes.clear();
  }
  void write(int nesting = 1) {
    begin();
    transaction.write(session, nesting);
    session.notes.clear();
  }

  Notes session;
  Transaction transaction;
};

TEST_F(TransactionTest, ReadsAndEnds) {
  EXPECT_EQ(transaction.state(), State::idle);
  begin();
  EXPECT_EQ(transaction.state(), State::reading);
  EXPECT_EQ(session.said(), "");  // it goes with the first statement
  session.execute("SELECT", {});
  EXPECT_EQ(transaction.look(&session), Finding::stands);
  EXPECT_TRUE(transaction.roll_back(&session));
  EXPECT_EQ(session.said(), "begin, SELECT, leave");
  EXPECT_FALSE(transaction.touched());
  transaction.finish();
  EXPECT_EQ(transaction.state(), State::idle);
}

TEST_F(TransactionTest, ScanThatStreamsIsCalledOff) {
  read();
  session.streams = true;
  EXPECT_EQ(transaction.look(&session), Finding::stands);
  EXPECT_EQ(session.said(), "cancel");
}

TEST_F(TransactionTest, OneThatNeverBeganIsNoLoss) {
  begin();
  session.lives = false;
  transaction.keep_whole();
  EXPECT_EQ(transaction.look(&session), Finding::never_begun);
  EXPECT_EQ(transaction.state(), State::idle);
}

TEST_F(TransactionTest, ReadingBeginsAnewUnlessItIsToBeWhole) {
  for (const bool whole : {false, true}) {
    for (const bool dies : {false, true}) {
      session = Notes();
      transaction.finish();
      read();
      if (whole) transaction.keep_whole();
      dies ? session.lives = false : session.descriptor = 0;
      EXPECT_EQ(transaction.look(&session), whole ? Finding::lost : Finding::begins_anew);
      EXPECT_EQ(transaction.state(), whole ? State::lost : State::idle);
    }
  }
  session = Notes();
  transaction.finish();
  read();
  EXPECT_EQ(transaction.look(nullptr), Finding::begins_anew);
}

TEST_F(TransactionTest, WritingIsLostForGood) {
  write();
  session.descriptor = 0;
  EXPECT_EQ(transaction.look(&session), Finding::lost);
  session.descriptor = 1;
  EXPECT_EQ(transaction.look(&session), Finding::lost);
  EXPECT_FALSE(transaction.commit(&session));
  EXPECT_EQ(session.said(), "");
}

TEST_F(TransactionTest, AnotherTransactionIsNotOurs) {
  write();
  session.descriptor = 7;  // COMMIT; BEGIN TRANSACTION
  EXPECT_FALSE(transaction.commit(&session));
  EXPECT_EQ(transaction.look(&session), Finding::lost);
}

TEST_F(TransactionTest, CommitsNestedOnes) {
  write();
  session.nested = 2;
  EXPECT_TRUE(transaction.commit(&session));
  EXPECT_EQ(session.said(), "commit, commit, commit");
}

TEST_F(TransactionTest, TransactionThatNeverEndsIsLost) {
  write();
  session.nested = 1'000'000;
  EXPECT_FALSE(transaction.commit(&session));
  EXPECT_LT(session.notes.size(), 1000u);
}

TEST_F(TransactionTest, OurOwnWritesLeaveTheSessionClean) {
  using Writer = Transaction::Writer;
  begin();
  transaction.write(session, 2, Writer::ours);
  EXPECT_TRUE(transaction.touched());
  EXPECT_FALSE(transaction.unclean());
  transaction.clean(session);
  session.settle();
  EXPECT_EQ(session.said(), "begin, save s2");
  transaction.write(session, 2, Writer::others);
  EXPECT_TRUE(transaction.unclean());
  transaction.clean(session);
  session.settle();
  EXPECT_EQ(session.said(), "reset");
  EXPECT_FALSE(transaction.unclean());
}

TEST_F(TransactionTest, OurOwnWritesAreNoReasonToAsk) {
  session.tells = false;
  session.answer = true;
  begin();
  transaction.write(session, 1, Transaction::Writer::ours);
  EXPECT_EQ(transaction.look(&session), Finding::stands);
  EXPECT_EQ(session.asked, 0);
  transaction.write(session, 1, Transaction::Writer::others);
  EXPECT_EQ(transaction.look(&session), Finding::stands);
  EXPECT_EQ(session.asked, 1);
}

TEST_F(TransactionTest, SavepointsOfTheSubtransactionsThatWrote) {
  begin();
  transaction.write(session, 3);
  EXPECT_EQ(session.said(), "begin, save s2, save s3");
  EXPECT_TRUE(transaction.wrote_inside(3));
  transaction.roll_back_to(&session, 3);
  EXPECT_EQ(session.said(), "back to s3");
  transaction.roll_back_to(&session, 3);  // nothing was written in the next one
  EXPECT_EQ(session.said(), "");
  transaction.write(session, 3);
  transaction.release(3);
  transaction.release(2);
  EXPECT_FALSE(transaction.wrote_inside(2));
  EXPECT_EQ(session.said(), "save s3");
  EXPECT_EQ(transaction.state(), State::writing);
}

TEST_F(TransactionTest, SavepointThatIsGoneLosesTheTransaction) {
  write(2);
  session.descriptor = 0;
  transaction.roll_back_to(&session, 2);
  EXPECT_EQ(transaction.state(), State::lost);
  EXPECT_EQ(session.said(), "");
}

TEST_F(TransactionTest, StatementsOfOthersAreResetBeforeOurs) {
  write();
  transaction.clean(session);
  session.execute("SELECT", {});
  transaction.clean(session);
  session.execute("SELECT", {});
  EXPECT_EQ(session.said(), "reset, SELECT, SELECT");
  transaction.write(session, 1);
  transaction.clean(session);
  transaction.write(session, 1);  // what is put off comes before what may be anything
  EXPECT_EQ(session.said(), "reset");
  session.can_reset = false;
  transaction.clean(session);
  session.execute("SELECT", {});
  EXPECT_EQ(session.said(), "SELECT");
}

TEST_F(TransactionTest, LocksAreTakenAsTheStatementWants) {
  const Locking yielding{true, 1000};
  begin();
  transaction.take_locks(session, yielding);  // before the transaction has begun
  session.execute("SELECT", {});
  transaction.take_locks(session, yielding);
  session.execute("SELECT", {});
  EXPECT_EQ(session.said(), "begin, SELECT, SELECT");
  EXPECT_EQ(session.locking, yielding);
  transaction.take_locks(session, {});
  transaction.write(session, 1);
  transaction.take_locks(session, {});  // what the user sets is his
  EXPECT_EQ(session.said(), "reset");
  EXPECT_EQ(session.locking, Locking{});
  transaction.take_locks(session, yielding);
  transaction.clean(session);
  session.execute("SELECT", {});
  transaction.clean(session);
  EXPECT_EQ(session.said(), "reset, SELECT");
  EXPECT_EQ(session.locking, yielding);
}

TEST_F(TransactionTest, RollbackIsChecked) {
  write();
  EXPECT_TRUE(transaction.roll_back(&session));
  EXPECT_EQ(session.said(), "rollback");
  transaction.finish();
  write();
  session.lives = false;
  EXPECT_FALSE(transaction.roll_back(&session));
}

// A server that tells nothing is asked, and one that does not answer has lost it.
TEST_F(TransactionTest, ServerThatTellsNothingIsAsked) {
  session.tells = false;
  write();
  session.answer = true;
  EXPECT_EQ(transaction.look(&session), Finding::stands);
  session.answer = std::nullopt;
  transaction.write(session, 1);
  EXPECT_EQ(transaction.look(&session), Finding::lost);
  EXPECT_EQ(session.asked, 2);
}

}  // namespace
}  // namespace mssql::source
