// Against OpenSSL's own server, in memory.
#include "core/tds/native/tls.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "../cells.hpp"
#include "test_certificate.hpp"

namespace mssql::tds::native {
namespace {

using scripted::Certificate;

class TlsServer {
 public:
  explicit TlsServer(const Certificate& certificate, int version = 0, bool wants_ours = false)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free), ssl_(nullptr, SSL_free) {
    certificate.use(context_.get());
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_security_level(context_.get(), 0);
    if (wants_ours) SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    if (version != 0) SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_alpn_select_cb(context_.get(), select_protocol, this);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), in_ = BIO_new(BIO_s_mem()), out_ = BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_.get());
  }

  // Up to TLS 1.2 the server takes the first of these that the client has.
  void prefer(const char* ciphers) {
    SSL_set_max_proto_version(ssl_.get(), TLS1_2_VERSION);
    SSL_set_cipher_list(ssl_.get(), ciphers);
    SSL_set_dh_auto(ssl_.get(), 1);
    SSL_set_options(ssl_.get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  }
  std::string cipher() const { return SSL_get_cipher_name(ssl_.get()); }

  // Hears what the client has to send, and answers.
  void exchange(Tls& client) {
    const std::string heard = client.take_output();
    if (!heard.empty()) BIO_write(in_, heard.data(), static_cast<int>(heard.size()));
    if (!SSL_is_init_finished(ssl_.get())) SSL_do_handshake(ssl_.get());
    feed(client);
  }
  void handshake(Tls& client) {
    for (int step = 0; step < 10 && !client.handshake(); ++step) exchange(client);
    exchange(client);
    ASSERT_TRUE(SSL_is_init_finished(ssl_.get()));
  }
  void say(Tls& client, const std::string& text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
    feed(client);
  }
  void end(Tls& client) {
    SSL_shutdown(ssl_.get());
    feed(client);
  }
  std::string hear(Tls& client) {
    exchange(client);
    std::string text(100, '\0');
    const int size = SSL_read(ssl_.get(), text.data(), static_cast<int>(text.size()));
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }
  int version() const { return SSL_version(ssl_.get()); }
  std::string name() const {
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }
  const std::string& protocols() const { return protocols_; }

 private:
  static int select_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                             unsigned in_size, void* self) {
    static_cast<TlsServer*>(self)->protocols_.assign(reinterpret_cast<const char*>(in), in_size);
    *out = in + 1;
    *size = in[0];
    return SSL_TLSEXT_ERR_OK;
  }
  void feed(Tls& client) {
    std::string said(BIO_ctrl_pending(out_), '\0');
    if (said.empty()) return;
    BIO_read(out_, said.data(), static_cast<int>(said.size()));
    client.feed({reinterpret_cast<const std::uint8_t*>(said.data()), said.size()});
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  BIO* in_{nullptr};
  BIO* out_{nullptr};
  std::string protocols_;
};

// A certificate in a file, for ca_file.
struct CaFile {
  explicit CaFile(const Certificate& certificate) {
    const int file = ::mkstemp(path);
    if (file >= 0) ::close(file);
    certificate.write(path);
  }
  ~CaFile() { ::unlink(path); }
  char path[32] = "/tmp/mssql_fdw_tls_test.XXXXXX";
};

std::string read_all(Tls& client) {
  std::string text;
  std::uint8_t part[5];
  while (const std::size_t size = client.read(part, sizeof(part))) text.append(reinterpret_cast<char*>(part), size);
  return text;
}

// Whose group has 1024 bits on old versions of Windows, which is too small for OpenSSL.
TEST(TlsTest, DheIsNotOffered) {
  const Certificate certificate("localhost", 3600, true);
  TlsServer server(certificate);
  server.prefer("DHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384");
  Tls client({"localhost", "", true, false, false});
  server.handshake(client);
  EXPECT_EQ(server.cipher(), "ECDHE-RSA-AES256-GCM-SHA384");
  TlsServer weak(certificate);
  weak.prefer("DHE-RSA-AES256-GCM-SHA384");
  Tls other({"localhost", "", true, false, false});
  const Thrown thrown = thrown_by([&] {
    for (int step = 0; step < 10 && !other.handshake(); ++step) weak.exchange(other);
  });
  EXPECT_EQ(thrown.sqlstate, "08001");
  EXPECT_NE(thrown.hint.find("ECDHE"), std::string::npos) << thrown.message;
}

TEST(TlsTest, BothVersionsTalk) {
  const Certificate certificate("db.example");
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsServer server(certificate, version);
    Tls client({"db.example", {}, true, false, false});
    server.handshake(client);
    EXPECT_EQ(server.version(), version);
    EXPECT_EQ(server.name(), "db.example");
    EXPECT_EQ(read_all(client), "");
    static constexpr std::uint8_t hello[] = {'h', 'e', 'l', 'l', 'o'};
    client.write(hello);
    EXPECT_EQ(server.hear(client), "hello");
    server.say(client, "good day");
    EXPECT_EQ(read_all(client), "good day");
    EXPECT_FALSE(client.ended());
    server.end(client);
    EXPECT_EQ(read_all(client), "");
    EXPECT_TRUE(client.ended());
  }
}

TEST(TlsTest, OptionsShowInTheHandshake) {
  const Certificate certificate("db.example");
  TlsServer strict(certificate);
  Tls tds8({"db.example", {}, true, true, false});
  strict.handshake(tds8);
  EXPECT_EQ(strict.protocols(), "\x07tds/8.0");
  TlsServer server(certificate);
  Tls login_only({"127.0.0.1", {}, true, false, true});
  server.handshake(login_only);
  EXPECT_EQ(server.version(), TLS1_2_VERSION);
  EXPECT_EQ(server.name(), "");  // an address is no name
  EXPECT_EQ(server.protocols(), "");
}

Thrown thrown_by_handshake(TlsServer server, const TlsOptions& options) {
  return thrown_by([&] {
    Tls client(options);
    server.handshake(client);
  });
}

TEST(TlsTest, CertificatesAreChecked) {
  const Certificate certificate("db.example");
  const Certificate other("db.example");
  const Certificate expired("db.example", -3600);
  const CaFile ca(certificate), other_ca(other), expired_ca(expired);
  EXPECT_EQ(thrown_by_handshake(TlsServer(certificate), {"db.example", ca.path, true, false, false}).sqlstate, "");
  EXPECT_EQ(thrown_by_handshake(TlsServer(certificate), {"elsewhere.example", ca.path, false, false, false}).sqlstate,
            "");
  for (const Thrown& thrown :
       {thrown_by_handshake(TlsServer(certificate), {"elsewhere.example", ca.path, true, false, false}),
        thrown_by_handshake(TlsServer(certificate), {"127.0.0.1", ca.path, true, false, false}),
        thrown_by_handshake(TlsServer(certificate), {"db.example", other_ca.path, true, false, false}),
        thrown_by_handshake(TlsServer(expired), {"db.example", expired_ca.path, true, false, false})}) {
    EXPECT_EQ(thrown.sqlstate, "08001");
    EXPECT_NE(thrown.message.find("certificate is not trusted: "), std::string::npos) << thrown.message;
  }
}

TEST(TlsTest, OldVersionsAreRefused) {
  const Certificate certificate("db.example");
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const Thrown thrown = thrown_by_handshake(TlsServer(certificate, version), {"db.example", {}, true, false, false});
    EXPECT_EQ(thrown.sqlstate, "08001");
    EXPECT_NE(thrown.hint.find("TLS 1.2"), std::string::npos) << thrown.message;
  }
}

// A certificate that nobody has signed is not the reason of every failure.
TEST(TlsTest, OtherFailuresAreNotBlamedOnTheCertificate) {
  const Certificate certificate("db.example");
  const Thrown thrown =
      thrown_by_handshake(TlsServer(certificate, TLS1_2_VERSION, true), {"db.example", {}, true, false, true});
  EXPECT_EQ(thrown.sqlstate, "08001");
  EXPECT_EQ(thrown.message.find("signed"), std::string::npos) << thrown.message;
  EXPECT_NE(thrown.message.find("TLS handshake failed: "), std::string::npos) << thrown.message;
}

TEST(TlsTest, GarbageIsAnError) {
  const auto feed = [](Tls& tls, const char* text) {
    tls.feed({reinterpret_cast<const std::uint8_t*>(text), std::strlen(text)});
  };
  Tls client({"db.example", {}, true, false, false});
  EXPECT_FALSE(client.handshake());
  feed(client, "HTTP/1.1 400 Bad Request\r\n");
  EXPECT_EQ(thrown_by([&] { client.handshake(); }).sqlstate, "08001");

  const Certificate certificate("db.example");
  TlsServer server(certificate);
  Tls talking({"db.example", {}, true, false, false});
  server.handshake(talking);
  feed(talking, "garbage in the middle of it");
  EXPECT_EQ(thrown_by([&] { read_all(talking); }).sqlstate, "08006");
}

TEST(TlsTest, UnreadableCaFileIsNamed) {
  const Thrown thrown = thrown_by([] { Tls({"db.example", "/no/such/file", true, false, false}); });
  EXPECT_EQ(thrown.sqlstate, "22023");
  EXPECT_EQ(thrown.message, "could not read ca_file \"/no/such/file\": No such file or directory");
}

}  // namespace
}  // namespace mssql::tds::native
