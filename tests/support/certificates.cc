#include "tests/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace weir::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Certificate = std::unique_ptr<X509, void (*)(X509*)>;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open(const std::string& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode), std::fclose);
  if (!file) throw std::runtime_error("cannot open " + path);
  return file;
}

Key new_key() { return {::EVP_EC_gen("P-256"), ::EVP_PKEY_free}; }

void add_extension(X509* certificate, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, void (*)(X509_EXTENSION*)> extension(
      ::X509V3_EXT_conf_nid(nullptr, &context, id, value), ::X509_EXTENSION_free);
  ::X509_add_ext(certificate, extension.get(), -1);
}

Certificate new_certificate(const std::string& name, EVP_PKEY* key) {
  Certificate certificate(::X509_new(), ::X509_free);
  ::X509_set_version(certificate.get(), X509_VERSION_3);
  std::uint32_t serial = 0;
  ::RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ::ASN1_INTEGER_set_uint64(::X509_get_serialNumber(certificate.get()), serial);
  ::X509_gmtime_adj(::X509_getm_notBefore(certificate.get()), -3600);
  ::X509_gmtime_adj(::X509_getm_notAfter(certificate.get()), 24L * 3600);
  ::X509_set_pubkey(certificate.get(), key);
  ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

void write(const std::string& cert_path, X509* certificate, const std::string& key_path, EVP_PKEY* key) {
  ::PEM_write_X509(open(cert_path, "w").get(), certificate);
  ::PEM_write_PrivateKey(open(key_path, "w").get(), key, nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace

Authority::Authority(std::filesystem::path directory, std::string name)
    : directory_(std::move(directory)), name_(std::move(name)) {
  const Key own = new_key();
  const Certificate certificate = new_certificate(name_, own.get());
  ::X509_set_issuer_name(certificate.get(), ::X509_get_subject_name(certificate.get()));
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  ::X509_sign(certificate.get(), own.get(), ::EVP_sha256());
  write(ca(), certificate.get(), key(name_), own.get());
}

void Authority::issue(const std::string& subject) const {
  const Key signing(::PEM_read_PrivateKey(open(key(name_), "r").get(), nullptr, nullptr, nullptr), ::EVP_PKEY_free);
  const Certificate authority(::PEM_read_X509(open(ca(), "r").get(), nullptr, nullptr, nullptr), ::X509_free);
  const Key own = new_key();
  const Certificate certificate = new_certificate(subject, own.get());
  ::X509_set_issuer_name(certificate.get(), ::X509_get_subject_name(authority.get()));
  add_extension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  ::X509_sign(certificate.get(), signing.get(), ::EVP_sha256());
  write(cert(subject), certificate.get(), key(subject), own.get());
}

}  // namespace weir::test
