// The SQL Server Browser's answers, from sockets of this process.
#include "core/tds/net/reach.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <string>
#include <thread>
#include <vector>

#include "../cells.hpp"

namespace mssql::tds::net {
namespace {

using namespace std::string_literals;

struct BoundSocket {
  explicit BoundSocket(const char* address, int type = SOCK_DGRAM) : socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    inet_pton(AF_INET, address, &name.sin_addr);
    socklen_t size = sizeof(name);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&name), size), 0);
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &size), 0);
    port = ntohs(name.sin_port);
  }
  Descriptor socket;
  int port{0};
};

// Answers the one question that comes by these datagrams, from another address than was asked.
class Browser {
 public:
  explicit Browser(std::vector<std::string> answers)
      : thread_([this, answers = std::move(answers)] {
          const timeval limit{10, 0};  // should the question never come
          ::setsockopt(asked_.socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
          char question[100];
          sockaddr_in from{};
          socklen_t size = sizeof(from);
          const ssize_t count =
              ::recvfrom(asked_.socket.get(), question, sizeof(question), 0, reinterpret_cast<sockaddr*>(&from), &size);
          question_.assign(question, count > 0 ? static_cast<std::size_t>(count) : 0);
          for (const std::string& answer : answers)
            ::sendto(answering_.socket.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from),
                     size);
        }) {}
  ~Browser() { join(); }

  int port() const { return asked_.port; }
  const std::string& question() {
    join();
    return question_;
  }

 private:
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  BoundSocket asked_{"127.0.0.1"};
  BoundSocket answering_{"127.0.0.2"};
  std::string question_;
  std::thread thread_;
};

std::string said(const std::string& text) {
  return '\x05' + std::string{static_cast<char>(text.size()), static_cast<char>(text.size() >> 8)} + text;
}
std::string instance(const std::string& name, const std::string& port) {
  return "ServerName;SQL01;InstanceName;" + name + ";IsClustered;Yes;Version;16.0.1000.6;tcp;" + port + ";;";
}

Patience patience() { return {Deadline::in_seconds(20), 20, nullptr, nullptr}; }

TEST(BrowserTest, AnswersFromAnotherAddress) {
  Browser browser({said(instance("PROD", "49172"))});
  EXPECT_EQ(find_instance_port("127.0.0.1", "prod", patience(), browser.port()), 49172);
  EXPECT_EQ(browser.question(), "\x04prod\0"s);
}

TEST(BrowserTest, WhatIsNoAnswerToTheQuestionIsNotTaken) {
  Browser browser({"", "\x05", said("tcp;1;;"), said(instance("OTHER", "2")), "\x04" + said(instance("PROD", "3")),
                   said(instance("PROD", "49172"))});
  EXPECT_EQ(find_instance_port("127.0.0.1", "PROD", patience(), browser.port()), 49172);
}

TEST(BrowserTest, InstanceWithoutTcp) {
  for (const std::string& text :
       {"ServerName;S;InstanceName;PROD;np;\\\\S\\pipe;;"s, instance("PROD", "x"), instance("PROD", "70000")}) {
    Browser browser({said(text)});
    const Thrown thrown = thrown_by([&] { find_instance_port("127.0.0.1", "PROD", patience(), browser.port()); });
    EXPECT_EQ(thrown.sqlstate, "08001");
    EXPECT_NE(thrown.message.find("has no TCP port"), std::string::npos) << thrown.message;
  }
}

// Nobody waits for an answer that cannot come.
TEST(BrowserTest, NobodyThere) {
  int port = 0;
  { port = BoundSocket("127.0.0.1").port; }
  const auto start = Clock::now();
  EXPECT_EQ(thrown_by([&] { find_instance_port("127.0.0.1", "PROD", patience(), port); }).sqlstate, "08001");
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(3));
}

}  // namespace
}  // namespace mssql::tds::net
