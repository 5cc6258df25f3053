#include "tls.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <system_error>

#include "core/error.hpp"

namespace mssql::tds::native {

namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

// OpenSSL's reasons, the first one first; the queue is empty afterwards.
std::string reasons() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    const char* reason = ERR_reason_error_string(code);
    if (!text.empty()) text += ", ";
    // what it adds to the system's word tells nobody anything
    if (ERR_GET_LIB(code) == ERR_LIB_SYS) {
      ERR_clear_error();
      return text + std::generic_category().message(ERR_GET_REASON(code));
    }
    text += reason == nullptr ? "error " + std::to_string(code) : reason;
  }
  return text;
}

[[noreturn]] void fail(const std::string& what) {
  const std::string why = reasons();
  throw Error(sqlstate::cannot_connect, what + (why.empty() ? "" : ": " + why));
}

std::string advice_for(int reason) {
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE: return old_tls_advice;
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_NO_APPLICATION_PROTOCOL:
    case SSL_AD_REASON_OFFSET + SSL_AD_NO_APPLICATION_PROTOCOL:
      return "The server at the other end speaks another protocol. See the server options \"host\", \"port\" and "
             "\"encrypt\".";
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_AD_REASON_OFFSET + SSL_AD_INSUFFICIENT_SECURITY:
      return "What the server offers is too weak for this system's OpenSSL, a key of 1024 bits perhaps. Give it a "
             "certificate with a key of 2048 bits, and "
             "have it prefer ECDHE.";
    default: return {};
  }
}

bool is_address(const std::string& host) {
  unsigned char buffer[sizeof(in6_addr)];
  return inet_pton(AF_INET, host.c_str(), buffer) == 1 || inet_pton(AF_INET6, host.c_str(), buffer) == 1;
}

}  // namespace

struct Tls::State {
  std::unique_ptr<SSL_CTX, FreeContext> context;
  std::unique_ptr<SSL, FreeSsl> ssl;
  BIO* in{nullptr};   // owned by ssl
  BIO* out{nullptr};  // owned by ssl
};

namespace {

void trust(SSL_CTX* context, const TlsOptions& options) {
  if (options.ca_file.empty()) return;
  const bool loaded = options.ca_file == "system" ? SSL_CTX_set_default_verify_paths(context) == 1
                                                  : SSL_CTX_load_verify_file(context, options.ca_file.c_str()) == 1;
  if (!loaded)
    throw Error(sqlstate::invalid_parameter, "could not read ca_file \"" + options.ca_file + "\": " + reasons(), {},
                "It must hold certificates in PEM form that the PostgreSQL server's user may read.");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

// Old versions of Windows prefer DHE with a group of 1024 bits, which OpenSSL refuses; with ECDHE
// or RSA they get on. The system's other choices stand.
void avoid_dhe(SSL_CTX* context) {
  const STACK_OF(SSL_CIPHER)* ciphers = SSL_CTX_get_ciphers(context);
  std::string names;
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(ciphers, i);
    const int exchange = SSL_CIPHER_get_kx_nid(cipher);
    if (exchange == NID_kx_dhe || exchange == NID_kx_dhe_psk || exchange == NID_kx_any)
      continue;  // any: of TLS 1.3, not of this list
    names += (names.empty() ? "" : ":") + std::string(SSL_CIPHER_get_name(cipher));
  }
  if (!names.empty() && SSL_CTX_set_cipher_list(context, names.c_str()) != 1)
    fail("could not choose the ciphers of TLS");
}

void expect_host(SSL* ssl, const TlsOptions& options) {
  const bool address = is_address(options.host);
  if (!address && SSL_set_tlsext_host_name(ssl, options.host.c_str()) != 1) fail("could not name the server in TLS");
  if (options.ca_file.empty() || !options.verify_host) return;
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = address ? X509_VERIFY_PARAM_set1_ip_asc(parameters, options.host.c_str())
                          : X509_VERIFY_PARAM_set1_host(parameters, options.host.c_str(), 0);
  if (set != 1) fail("could not set the host name that the certificate must have");
}

}  // namespace

Tls::Tls(const TlsOptions& options) : state_(std::make_unique<State>()) {
  ERR_clear_error();
  state_->context.reset(SSL_CTX_new(TLS_client_method()));
  if (!state_->context) fail("could not set up TLS");
  SSL_CTX* context = state_->context.get();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  if (options.login_only) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  avoid_dhe(context);
  trust(context, options);
  state_->ssl.reset(SSL_new(context));
  state_->in = BIO_new(BIO_s_mem());
  state_->out = BIO_new(BIO_s_mem());
  if (!state_->ssl || state_->in == nullptr || state_->out == nullptr) fail("could not set up TLS");
  SSL* ssl = state_->ssl.get();
  BIO_set_mem_eof_return(state_->in, -1);  // no bytes yet is not the end
  SSL_set_bio(ssl, state_->in, state_->out);
  expect_host(ssl, options);
  static constexpr unsigned char tds8[] = {7, 't', 'd', 's', '/', '8', '.', '0'};
  if (options.strict) SSL_set_alpn_protos(ssl, tds8, sizeof(tds8));
  SSL_set_connect_state(ssl);
}

Tls::~Tls() = default;

bool Tls::handshake() {
  ERR_clear_error();
  const int code = SSL_do_handshake(state_->ssl.get());
  if (code == 1) return true;
  const int error = SSL_get_error(state_->ssl.get(), code);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return false;
  // The result alone tells nothing: without a ca_file it is never that of a certificate that is
  // trusted
  const int reason = ERR_GET_REASON(ERR_peek_last_error());
  const long fault = SSL_get_verify_result(state_->ssl.get());
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && fault != X509_V_OK)
    throw Error(sqlstate::cannot_connect,
                std::string("the server's certificate is not trusted: ") + X509_verify_cert_error_string(fault), {},
                "See the server options \"ca_file\" and \"verify_host\".");
  throw Error(sqlstate::cannot_connect, "TLS handshake failed: " + reasons(), {}, advice_for(reason));
}

void Tls::feed(std::span<const std::uint8_t> cipher) {
  if (BIO_write(state_->in, cipher.data(), static_cast<int>(cipher.size())) != static_cast<int>(cipher.size()))
    throw std::bad_alloc();
}

std::string Tls::take_output() {
  std::string output(BIO_ctrl_pending(state_->out), '\0');
  if (!output.empty()) BIO_read(state_->out, output.data(), static_cast<int>(output.size()));
  return output;
}

std::size_t Tls::read(std::uint8_t* out, std::size_t size) {
  ERR_clear_error();
  std::size_t done = 0;
  if (SSL_read_ex(state_->ssl.get(), out, size, &done) == 1) return done;
  switch (SSL_get_error(state_->ssl.get(), 0)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return 0;
    case SSL_ERROR_ZERO_RETURN: ended_ = true; return 0;
    default: throw Error(sqlstate::connection_failure, "TLS error in the connection to the server", reasons());
  }
}

void Tls::write(std::span<const std::uint8_t> plain) {
  ERR_clear_error();
  std::size_t done = 0;
  if (SSL_write_ex(state_->ssl.get(), plain.data(), plain.size(), &done) != 1 || done != plain.size())
    throw Error(sqlstate::connection_failure, "TLS error in the connection to the server", reasons());
}

}  // namespace mssql::tds::native
