#include "channel.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "packet.hpp"

namespace mssql::tds::native {

namespace {

constexpr int slice_ms = 1000;
constexpr std::size_t cipher_size = 16384 + 1024;  // a TLS record and its overhead
constexpr std::uint8_t first_record_type = 20;     // RFC 8446 5.1: change_cipher_spec 20 .. application_data 23
constexpr std::uint8_t last_record_type = 23;

}  // namespace

Channel::Channel(std::unique_ptr<net::Stream> stream, const Environment& environment, std::string where)
    : stream_(std::move(stream)), environment_(environment), where_(std::move(where)), heard_(net::Clock::now()) {}

void Channel::lost(const std::string& detail) {
  close();
  throw Error(sqlstate::connection_failure, "connection to server at " + where_ + " was lost", detail);
}

// A server that never pauses must not keep the program from stopping either, so every read asks,
// not only every wait.
void Channel::check_limits() {
  if (interruptible_ && environment_.interrupted != nullptr && environment_.interrupted()) throw Error::interrupted();
  if (limits_.deadline.passed())
    throw Error(sqlstate::cannot_connect, "connection to server at " + where_ + " failed: timeout expired",
                "The server accepted the connection and did not finish the login within " +
                    std::to_string(limits_.timeout_seconds) + " s.",
                std::string("Is a SQL Server listening on that port? ") +
                    (in_handshake_ && !answered_ ? tds8_advice : "See the server option \"connect_timeout\"."));
}

void Channel::wait(short events) {
  check_limits();
  int patience = limits_.deadline.slice(slice_ms);
  if (limits_.silence_seconds > 0) {
    const auto left = heard_ + std::chrono::seconds(limits_.silence_seconds) - net::Clock::now();
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    if (milliseconds <= 0) throw silence_error(where_, limits_.silence_seconds);
    patience = static_cast<int>(std::min<long long>(patience, milliseconds));
  }
  if (environment_.wait != nullptr) {
    environment_.wait(stream_->descriptor(), events, patience);
    return;
  }
  pollfd ready{stream_->descriptor(), events, 0};
  ::poll(&ready, 1, patience);
}

std::size_t Channel::receive(std::uint8_t* out, std::size_t size) {
  for (;;) {
    if (!open()) lost({});
    check_limits();
    const ssize_t count = stream_->receive(out, size);
    if (count > 0) {
      answered_ = true;
      if (limits_.silence_seconds > 0) heard_ = net::Clock::now();
      return static_cast<std::size_t>(count);
    }
    if (count == 0) lost("The server closed the connection.");
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) lost(std::generic_category().message(errno) + ".");
    if (!patient_) throw WouldWait{};
    wait(POLLIN);
  }
}

void Channel::send(std::span<const std::uint8_t> data) {
  std::vector<std::uint8_t> joined;
  if (!unsent_.empty()) {
    joined = std::exchange(unsent_, {});
    const std::size_t before = joined.size();
    joined.resize(before + data.size());
    std::copy(data.begin(), data.end(), joined.begin() + static_cast<std::ptrdiff_t>(before));
    data = joined;
  }
  try {
    sending_ = true;
    while (!data.empty()) {
      hear();
      send_some(data);
    }
    sending_ = false;
  } catch (...) {
    sending_ = false;
    unsent_.assign(data.begin(), data.end());
    throw;
  }
  heard_ = net::Clock::now();
}

void Channel::send_some(std::span<const std::uint8_t>& data) {
  if (!open()) lost({});
  const ssize_t count = stream_->send(data.data(), data.size());
  if (count > 0) {
    data = data.subspan(static_cast<std::size_t>(count));
  } else {
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
      lost(std::generic_category().message(errno) + ".");
    wait(static_cast<short>(hear_ ? POLLOUT | POLLIN : POLLOUT));
  }
}

void Channel::hear() {
  if (hear_ && open() && stream_->ready(POLLIN)) hear_();
}

std::size_t Channel::read(std::uint8_t* out, std::size_t size) {
  if (!tls_) return receive(out, size);
  for (;;) {
    const std::size_t count = tls_->read(out, size);
    if (count > 0) return count;
    if (tls_->ended()) lost("The server closed the connection.");
    feed_tls();
    if (!sending_)
      send_tls_output(
          Wrapping::none);  // TLS may owe an answer, to a key update for example; never inside another record
  }
}

void Channel::write(std::span<const std::uint8_t> data) {
  if (!tls_) return send(data);
  tls_->write(data);
  send_tls_output(Wrapping::none);
  if (tls_ends_) tls_.reset();
}

void Channel::start_tls(const TlsOptions& options, Wrapping wrapping) {
  cipher_ = std::make_unique<std::uint8_t[]>(cipher_size);
  tls_ = std::make_unique<Tls>(options);
  in_handshake_ = true;
  handshake(wrapping);
  in_handshake_ = false;
}

void Channel::handshake(Wrapping wrapping) {
  for (;;) {
    const bool done = tls_->handshake();
    send_tls_output(wrapping);
    if (done) return;
    feed_tls();
  }
}

void Channel::send_tls_output(Wrapping wrapping) {
  const std::string output = tls_->take_output();
  if (output.empty()) return;
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(output.data()), output.size());
  if (wrapping == Wrapping::none) return send(bytes);
  const std::array<std::uint8_t, packet_header_size> header =
      packet_header(PacketType::prelogin, packet_status::end_of_message, output.size() + packet_header_size, 0);
  std::vector<std::uint8_t> packet(header.begin(), header.end());
  packet.insert(packet.end(), bytes.begin(), bytes.end());
  send(packet);  // in one piece: some peers take a header alone for a message
}

// Records come inside PRELOGIN packets, the server's session tickets perhaps too, until the first
// one that comes bare.
void Channel::feed_tls() {
  if (!bare_ && unwrap_left_ == 0) {
    std::size_t have = receive(cipher_.get(), 1);
    bare_ = cipher_[0] >= first_record_type && cipher_[0] <= last_record_type;
    if (bare_) return tls_->feed({cipher_.get(), have});
    while (have < packet_header_size) have += receive(cipher_.get() + have, packet_header_size - have);
    unwrap_left_ =
        packet_payload_size(std::span<const std::uint8_t, packet_header_size>(cipher_.get(), packet_header_size));
    return;
  }
  const std::size_t count = receive(cipher_.get(), bare_ ? cipher_size : std::min(unwrap_left_, cipher_size));
  if (!bare_) unwrap_left_ -= count;
  tls_->feed({cipher_.get(), count});
}

bool Channel::closed_by_server(bool answer_due) const noexcept {
  return !open() || stream_->ready(answer_due ? POLLRDHUP : POLLIN | POLLRDHUP);
}

}  // namespace mssql::tds::native
