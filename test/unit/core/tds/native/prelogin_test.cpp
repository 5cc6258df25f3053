#include "core/tds/native/prelogin.hpp"

#include <gtest/gtest.h>

#include "../cells.hpp"
#include "scripted_server.hpp"

namespace mssql::tds::native {
namespace {

using scripted::packets;
using scripted::prelogin_answer;
using scripted::Server;

constexpr int off = 0, on = 1, not_supported = 2, required = 3;

std::string said;  // what the last negotiation sent

Encryption negotiated(Encrypt wanted, const std::string& answer) {
  Server server({packets(answer)});
  Channel channel(server.socket(), Server::environment(), "the test");
  Inbox inbox(channel);
  Outbox outbox(channel);
  const Encryption encryption = negotiate(outbox, inbox, wanted, "INSTANCE");
  said = server.heard();
  return encryption;
}

std::uint8_t encryption_in(std::string_view answer) {
  return encryption_of({reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size()});
}

TEST(PreloginTest, WishesAndAnswers) {
  EXPECT_EQ(negotiated(Encrypt::off, prelogin_answer(not_supported)), Encryption::none);
  EXPECT_EQ(negotiated(Encrypt::off, prelogin_answer(off)), Encryption::none);
  EXPECT_EQ(negotiated(Encrypt::request, prelogin_answer(off)), Encryption::login_only);
  EXPECT_EQ(negotiated(Encrypt::request, prelogin_answer(not_supported)), Encryption::none);
  EXPECT_EQ(negotiated(Encrypt::request, prelogin_answer(required)), Encryption::whole_session);
  EXPECT_EQ(negotiated(Encrypt::require, prelogin_answer(on)), Encryption::whole_session);
  EXPECT_EQ(negotiated(Encrypt::strict, prelogin_answer(on)), Encryption::none);
  EXPECT_THROW(negotiated(Encrypt::off, prelogin_answer(9)), Error);
}

TEST(PreloginTest, WhatDoesNotAgreeIsAnError) {
  EXPECT_EQ(thrown_by([] { negotiated(Encrypt::require, prelogin_answer(not_supported)); }).sqlstate, "08001");
  EXPECT_EQ(thrown_by([] { negotiated(Encrypt::require, prelogin_answer(off)); }).sqlstate, "08001");
  EXPECT_EQ(thrown_by([] { negotiated(Encrypt::off, prelogin_answer(required)); }).sqlstate, "08001");
  EXPECT_EQ(thrown_by([] { negotiated(Encrypt::off, prelogin_answer(on)); }).sqlstate, "08001");
}

TEST(PreloginTest, TheQuestionIsWellFormed) {
  negotiated(Encrypt::require, prelogin_answer(on));
  ASSERT_GT(said.size(), 8u);
  EXPECT_EQ(said[0], 0x12);
  EXPECT_EQ(static_cast<std::size_t>(said[3]), said.size());
  EXPECT_EQ(encryption_in(std::string_view(said).substr(8)), on);
  EXPECT_NE(said.find(std::string("INSTANCE\0", 9)), std::string::npos);
}

TEST(PreloginTest, MalformedAnswersAreRefused) {
  for (const std::string& answer :
       {std::string(), std::string("\xff"), std::string("\x01\x00\x06"), std::string("\x01\xff\xff\xff\xff\xff", 6),
        std::string("\x01\x00\x06\x00\x02\xff\x00\x00", 8), std::string("\x00\x00\x06\x00\x01\xff\x00", 7)})
    EXPECT_EQ(thrown_by([&] { encryption_in(answer); }).sqlstate, "08P01") << answer.size();
  EXPECT_EQ(encryption_in(std::string("\x01\x00\x06\x00\x01\xff\x03", 7)), required);
}

TEST(PreloginTest, EndlessAnswersAreRefused) {
  EXPECT_EQ(thrown_by([] { negotiated(Encrypt::off, std::string(100'000, 'x')); }).sqlstate, "08P01");
}

}  // namespace
}  // namespace mssql::tds::native
