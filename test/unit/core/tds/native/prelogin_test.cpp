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

constexpr std::uint8_t encryption_option = 1, token_option = 6, nonce_option = 7;

std::string said;  // what the last negotiation sent

Agreement agreed(Encrypt wanted, const std::string& answer, const std::string& access_token = {}) {
  Server server({packets(answer)});
  Channel channel(server.stream(), Server::environment(), "the test");
  Inbox inbox(channel);
  Outbox outbox(channel);
  Login login;
  login.encrypt = wanted;
  login.instance = "INSTANCE";
  login.access_token = access_token;
  Agreement agreement = negotiate(outbox, inbox, login);
  said = server.heard();
  return agreement;
}

Encryption negotiated(Encrypt wanted, const std::string& answer) { return agreed(wanted, answer).encryption; }

// An option's value in a PRELOGIN message; "none" when it is not there.
std::string option_in(std::string_view message, std::uint8_t option) {
  const auto value =
      find_prelogin_option({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()}, option);
  return value ? std::string(value->begin(), value->end()) : "none";
}

// ENCRYPTION is "on"; further options follow it.
std::string answer_with(const std::vector<std::pair<int, std::string>>& further) {
  std::string table, values;
  const std::size_t start = 5 * (further.size() + 1) + 1;
  const auto add = [&](int option, const std::string& value) {
    const std::size_t offset = start + values.size();
    for (const std::size_t byte :
         {std::size_t(option), offset >> 8, offset & 0xFF, value.size() >> 8, value.size() & 0xFF})
      table += static_cast<char>(byte);
    values += value;
  };
  add(encryption_option, "\x01");
  for (const auto& [option, value] : further) add(option, value);
  return table + '\xff' + values;
}

TEST(PreloginTest, WishesAndAnswers) {
  EXPECT_EQ(negotiated(Encrypt::off, prelogin_answer(not_supported)), Encryption::none);
  EXPECT_EQ(negotiated(Encrypt::off, prelogin_answer(off)), Encryption::none);
  EXPECT_EQ(negotiated(Encrypt::request, prelogin_answer(off)), Encryption::login_only);
  EXPECT_EQ(negotiated(Encrypt::request, prelogin_answer(not_supported)), Encryption::none);
  EXPECT_EQ(negotiated(Encrypt::request, prelogin_answer(required)), Encryption::whole_session);
  EXPECT_EQ(negotiated(Encrypt::require, prelogin_answer(on)), Encryption::whole_session);
  EXPECT_EQ(negotiated(Encrypt::strict, prelogin_answer(on)), Encryption::none);
  EXPECT_EQ(negotiated(Encrypt::strict, std::string("\x00\x00\x06\x00\x01\xff\x00", 7)),
            Encryption::none);  // which does not speak of it
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
  EXPECT_EQ(option_in(std::string_view(said).substr(8), encryption_option), "\x01");
  EXPECT_EQ(option_in(std::string_view(said).substr(8), token_option), "none");
  EXPECT_NE(said.find(std::string("INSTANCE\0", 9)), std::string::npos);
}

TEST(PreloginTest, MalformedAnswersAreRefused) {
  for (const std::string& answer :
       {std::string(), std::string("\xff"), std::string("\x01\x00\x06"), std::string("\x01\xff\xff\xff\xff\xff", 6),
        std::string("\x01\x00\x06\x00\x02\xff\x00\x00", 8), std::string("\x00\x00\x06\x00\x01\xff\x00", 7)})
    EXPECT_EQ(thrown_by([&] { negotiated(Encrypt::request, answer); }).sqlstate, "08P01") << answer.size();
  EXPECT_EQ(negotiated(Encrypt::request, std::string("\x01\x00\x06\x00\x01\xff\x03", 7)), Encryption::whole_session);
}

TEST(PreloginTest, AccessTokensAreAskedFor) {
  const std::string nonce(32, 'n');
  const Agreement agreement =
      agreed(Encrypt::require, answer_with({{token_option, "\x01"}, {nonce_option, nonce}}), "a token");
  EXPECT_EQ(option_in(std::string_view(said).substr(8), token_option), "\x01");
  EXPECT_EQ(option_in(std::string_view(said).substr(8), nonce_option), "none");
  EXPECT_EQ(said.find("a token"), std::string::npos);
  EXPECT_TRUE(agreement.echo.required);
  EXPECT_EQ(agreement.echo.nonce, nonce);
}

TEST(PreloginTest, TheServerNeedNotKnowOfAccessTokens) {
  for (const std::string& answer : {answer_with({}), answer_with({{token_option, std::string(1, '\0')}})}) {
    const Agreement agreement = agreed(Encrypt::require, answer, "a token");
    EXPECT_FALSE(agreement.echo.required);
    EXPECT_EQ(agreement.echo.nonce, "");
  }
  EXPECT_EQ(thrown_by([] {
              agreed(Encrypt::require, answer_with({{nonce_option, "short"}}), "a token");
            }).sqlstate,
            "08P01");
  EXPECT_FALSE(agreed(Encrypt::require, answer_with({{token_option, "\x01"}})).echo.required);
}

TEST(PreloginTest, EndlessAnswersAreRefused) {
  EXPECT_EQ(thrown_by([] { negotiated(Encrypt::off, std::string(100'000, 'x')); }).sqlstate, "08P01");
}

}  // namespace
}  // namespace mssql::tds::native
