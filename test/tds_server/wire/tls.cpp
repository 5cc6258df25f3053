// TLS for SQL Server's login: certificate set-up and one connection's state machine.
#include "tls.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "bytes.hpp"

namespace tds_server {

namespace {

struct KeyDelete {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateDelete {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDelete>;
using Certificate = std::unique_ptr<X509, CertificateDelete>;

void check(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error("TLS: cannot " + what);
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  check(extension != nullptr, "make a certificate extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate self_signed(EVP_PKEY* key, const std::string& common_name) {
  constexpr long year = 365L * 24 * 3600;
  Certificate certificate(X509_new());
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -24L * 3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 10 * year);
  X509_set_pubkey(x, key);
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.c_str()), -1,
                             -1, 0);
  X509_set_issuer_name(x, name);
  std::string names = "DNS:localhost,IP:127.0.0.1";
  if (common_name != "localhost") names += ",DNS:" + common_name;
  add_extension(x, NID_subject_alt_name, names);
  add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
  check(X509_sign(x, key, EVP_sha256()) > 0, "sign the certificate");
  return certificate;
}

int choose_alpn(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                unsigned int offered_length, void*) {
  static constexpr unsigned char tds8[] = {7, 't', 'd', 's', '/', '8', '.', '0'};
  unsigned char* match = nullptr;
  if (SSL_select_next_proto(&match, length, tds8, sizeof tds8, offered, offered_length) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

std::unique_ptr<SSL_CTX, SslContextDelete> make_context() {
  std::unique_ptr<SSL_CTX, SslContextDelete> context(SSL_CTX_new(TLS_server_method()));
  check(context != nullptr, "make a context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_AUTO_RETRY);
  return context;
}

}  // namespace

TlsContext::TlsContext(const std::string& certificate_file, const std::string& key_file, const std::string& common_name)
    : in_packets_(make_context()), strict_(make_context()) {
  SSL_CTX_set_max_proto_version(in_packets_.get(), TLS1_2_VERSION);
  SSL_CTX_set_alpn_select_cb(strict_.get(), choose_alpn, nullptr);
  Key key;
  Certificate certificate;
  if (certificate_file.empty()) {
    key.reset(EVP_RSA_gen(2048));
    check(key != nullptr, "make a key");
    certificate = self_signed(key.get(), common_name);
  }
  for (SSL_CTX* context : {in_packets_.get(), strict_.get()}) {
    if (certificate) {
      check(SSL_CTX_use_certificate(context, certificate.get()) == 1, "use the certificate");
      check(SSL_CTX_use_PrivateKey(context, key.get()) == 1, "use the key");
    } else {
      check(SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) == 1, "read " + certificate_file);
      check(SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) == 1, "read " + key_file);
    }
    check(SSL_CTX_check_private_key(context) == 1, "match the key with the certificate");
  }
}

TlsSession::TlsSession(SSL_CTX* context)
    : ssl_(SSL_new(context)), input_(BIO_new(BIO_s_mem())), output_(BIO_new(BIO_s_mem())) {
  check(ssl_ != nullptr && input_ != nullptr && output_ != nullptr, "make a session");
  SSL_set_bio(ssl_.get(), input_, output_);
  SSL_set_accept_state(ssl_.get());
}

void TlsSession::feed(std::span<const std::uint8_t> received) {
  BIO_write(input_, received.data(), static_cast<int>(received.size()));
}

bool TlsSession::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return true;
  if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) throw Disconnected();
  return false;
}

std::size_t TlsSession::read(std::span<std::uint8_t> buffer, bool& closed) {
  ERR_clear_error();
  const int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
  if (result > 0) return static_cast<std::size_t>(result);
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_ZERO_RETURN) {
    closed = true;
  } else if (error != SSL_ERROR_WANT_READ) {
    throw Disconnected();
  }
  return 0;
}

void TlsSession::write(std::span<const std::uint8_t> bytes) {
  ERR_clear_error();
  if (SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) != static_cast<int>(bytes.size())) {
    throw Disconnected();
  }
}

static std::vector<std::uint8_t> taken_from(BIO* memory) {
  std::vector<std::uint8_t> bytes(BIO_ctrl_pending(memory));
  if (!bytes.empty()) BIO_read(memory, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

std::vector<std::uint8_t> TlsSession::drain() { return taken_from(output_); }

std::vector<std::uint8_t> TlsSession::unread() { return taken_from(input_); }

}  // namespace tds_server
