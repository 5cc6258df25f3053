// A TDS server that answers each request with bytes prepared by the test: what no real server can
// be made to send.
//
// It speaks PRELOGIN without encryption and LOGIN7 for any user, answers the driver's own requests
// after the login by an empty DONE, and then request by request with the given replies. One
// connection that sends a request; probes are ignored.
#pragma once

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mssql::tds::canned {

inline std::string little(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

// ASCII only.
inline std::string utf16(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) out += {c, '\0'};
  return out;
}

inline std::string name8(std::string_view ascii) { return little(ascii.size(), 1) + utf16(ascii); }
inline std::string name16(std::string_view ascii) { return little(ascii.size(), 2) + utf16(ascii); }

// MS-TDS 2.2.5.4: TYPE_INFO.
inline const std::string latin1_collation("\x09\x04\xd0\x00\x34", 5);
inline const std::string utf8_collation("\x09\x04\xd0\x04\x00", 5);
inline std::string nvarchar_type(int bytes) {
  return "\xe7" + little(static_cast<std::uint16_t>(bytes), 2) + latin1_collation;
}
inline std::string varchar_type(int bytes, const std::string& collation = latin1_collation) {
  return "\xa7" + little(static_cast<std::uint16_t>(bytes), 2) + collation;
}
inline std::string varbinary_type(int bytes) { return "\xa5" + little(static_cast<std::uint16_t>(bytes), 2); }
inline std::string intn_type(int bytes) { return "\x26" + little(bytes, 1); }
inline std::string decimal_type(int precision, int scale) {
  const int size = precision <= 9 ? 5 : precision <= 19 ? 9 : precision <= 28 ? 13 : 17;
  return "\x6a" + little(size, 1) + little(precision, 1) + little(scale, 1);
}

struct CannedColumn {
  std::string name;
  std::string type;
  bool nullable{true};
};

// MS-TDS 2.2.7.4
inline std::string metadata(const std::vector<CannedColumn>& columns) {
  std::string out = "\x81" + little(columns.size(), 2);
  for (const CannedColumn& column : columns)
    out += little(0, 4) + little(column.nullable ? 9 : 8, 2) + column.type + name8(column.name);
  return out;
}
inline std::string row(std::string_view values) { return "\xd1" + std::string(values); }
// MS-TDS 2.2.7.14; a set bit is a NULL that has no value.
inline std::string null_bitmap_row(std::string_view bitmap, std::string_view values) {
  return "\xd2" + std::string(bitmap) + std::string(values);
}
inline std::string value8(std::string_view bytes) { return little(bytes.size(), 1) + std::string(bytes); }
inline std::string value16(std::string_view bytes) { return little(bytes.size(), 2) + std::string(bytes); }
inline const std::string null16("\xff\xff", 2);
inline const std::string null8("\0", 1);

enum DoneFlag : int { final = 0, more = 1, error_flag = 2, count_flag = 16, attention_flag = 32 };
// MS-TDS 2.2.7.6: '\xfd' DONE, '\xfe' DONEPROC, '\xff' DONEINPROC
inline std::string done(int flags, std::uint64_t count = 0, char token = '\xfd') {
  return token + little(flags, 2) + little(0, 2) + little(count, 8);
}

// MS-TDS 2.2.7.10, 2.2.7.13
inline std::string message(char token, int number, int severity, std::string_view text) {
  const std::string body = little(number, 4) + little(1, 1) + little(severity, 1) + name16(text) + name8("canned") +
                           name8("proc") + little(7, 4);
  return token + little(body.size(), 2) + body;
}
inline std::string error(int number, std::string_view text) { return message('\xaa', number, 16, text); }
inline std::string info(int number, std::string_view text) { return message('\xab', number, 0, text); }

struct Reply {
  std::string tokens;
  enum After { go_on, close_socket, stay_mute, say_it_again } after{go_on};  // again: without end
};

// How many requests the driver sends by itself after the login; they are answered by an empty DONE.
inline int own_requests = 0;

class CannedServer {
 public:
  static constexpr const char* nothing = "nothing";  // packets that are empty
  // `endless_login` is said without end in the place of an answer to the login.
  explicit CannedServer(std::vector<Reply> replies, std::string endless_login = {})
      : replies_(std::move(replies)), endless_login_(std::move(endless_login)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      std::abort();
    port_ = ntohs(address.sin_port);
    if (::pipe(stop_) != 0) std::abort();
    // Signals are the driver's, as in a backend, which has one thread
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { serve(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~CannedServer() {
    ::close(stop_[1]);  // makes every wait of the thread return
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
  }
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  int port() const { return port_; }
  // The bodies of the requests that were answered by replies; read it when the server has answered.
  const std::vector<std::string>& requests() const { return requests_; }
  int logins() const { return logins_; }

 private:
  static constexpr std::size_t packet_size = 4096;

  bool wait(int fd, short events = POLLIN) const {
    pollfd fds[] = {{fd, events, 0}, {stop_[0], POLLIN, 0}};
    ::poll(fds, 2, -1);
    return fds[1].revents == 0;
  }

  bool receive(int fd, void* data, std::size_t size) const {
    auto* next = static_cast<char*>(data);
    while (size > 0) {
      if (!wait(fd)) return false;
      const ssize_t got = ::recv(fd, next, size, 0);
      if (got <= 0) return false;
      next += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

  // A whole message: its type, and its body without headers. 0: the client is gone.
  int receive_message(int fd, std::string& body) const {
    body.clear();
    for (;;) {
      unsigned char header[8];
      if (!receive(fd, header, sizeof(header))) return 0;
      std::string part(header[2] * 256u + header[3] - sizeof(header), '\0');
      if (!receive(fd, part.data(), part.size())) return 0;
      body += part;
      if ((header[1] & 1) != 0) return header[0];
    }
  }

  // A client that has shut its socket down may leave us without room for minutes.
  void send_without_end(int fd, std::string_view body) const {
    std::string packet = {
        '\x04', '\0', static_cast<char>((body.size() + 8) >> 8), static_cast<char>(body.size() + 8), '\0', '\x33',
        '\x01', '\0'};
    packet += body;
    for (std::size_t sent = 0; wait(fd, POLLOUT);) {
      const ssize_t size = ::send(fd, packet.data() + sent, packet.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size < 0 && errno != EAGAIN) return;
      sent = (sent + static_cast<std::size_t>(std::max(size, ssize_t{0}))) % packet.size();
    }
  }

  static void send_message(int fd, std::string_view body, bool complete = true) {
    while (true) {
      const std::string_view part = body.substr(0, packet_size - 8);
      body.remove_prefix(part.size());
      const std::size_t size = part.size() + 8;
      const bool last = body.empty() && complete;
      std::string packet{
          '\x04', last ? '\x01' : '\0', static_cast<char>(size >> 8), static_cast<char>(size), '\0', '\x33', '\x01',
          '\0'};
      packet += part;
      if (::send(fd, packet.data(), packet.size(), MSG_NOSIGNAL) < 0 || body.empty()) return;
    }
  }

  static std::string login_answer() {
    const std::string version("\x74\x00\x00\x04", 4);
    const std::string body = '\x01' + version + name8("canned") + std::string("\x10\x00\x00\x01", 4);
    return "\xad" + little(body.size(), 2) + body + done(final);
  }

  static std::string prelogin_answer() {  // VERSION and ENCRYPTION = not supported
    return std::string("\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff", 11) +
           std::string("\x10\x00\x00\x01\x00\x00\x02", 7);
  }

  void serve() {
    while (wait(listener_)) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      converse(fd);
      ::close(fd);
    }
  }

  void converse(int fd) {
    std::string body;
    std::size_t next = 0;
    int to_ignore = own_requests;
    for (;;) {
      const int type = receive_message(fd, body);
      if (type == 0) return;
      if (type == 0x12) {
        send_message(fd, prelogin_answer());
      } else if (type == 0x10) {
        ++logins_;
        if (!endless_login_.empty()) return send_without_end(fd, endless_login_ == nothing ? "" : endless_login_);
        send_message(fd, login_answer());
      } else if (type == 0x06) {
        send_message(fd, done(attention_flag));
      } else if (to_ignore > 0) {
        --to_ignore;
        send_message(fd, done(final));
      } else if (next < replies_.size()) {
        requests_.push_back(body);
        const Reply& reply = replies_[next++];
        if (reply.after == Reply::say_it_again) return send_without_end(fd, reply.tokens);
        if (!reply.tokens.empty()) send_message(fd, reply.tokens, reply.after == Reply::go_on);
        if (reply.after == Reply::close_socket) return;
        if (reply.after == Reply::stay_mute) {
          while (receive_message(fd, body) != 0) {
          }
          return;
        }
      } else {
        send_message(fd, done(final));
      }
    }
  }

  std::vector<Reply> replies_;
  std::string endless_login_;
  std::vector<std::string> requests_;
  std::atomic<int> logins_{0};
  int listener_{-1};
  int port_{0};
  int stop_[2]{-1, -1};
  std::thread thread_;
};

}  // namespace mssql::tds::canned
