#ifndef COPENSSL_SHIM_H
#define COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/* What Swift cannot import: macros with casts, function-like macros, variadics and unions. */

static inline const char *COpenSSL_version(void) { return OpenSSL_version(OPENSSL_VERSION); }

/* Contexts. */

static inline int COpenSSL_CTX_set_versions(SSL_CTX *ctx, int minimum, int maximum) {
    return SSL_CTX_set_min_proto_version(ctx, minimum) == 1
        && SSL_CTX_set_max_proto_version(ctx, maximum) == 1;
}

static inline void COpenSSL_CTX_set_common_options(SSL_CTX *ctx) {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
                                 | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/* A client that refuses tickets by option would never be resumed by a TLS 1.2 server. */
static inline void COpenSSL_CTX_allow_tickets(SSL_CTX *ctx) { SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET); }

static inline int COpenSSL_CTX_set_groups(SSL_CTX *ctx, const char *list) {
    return SSL_CTX_set1_groups_list(ctx, list) == 1;
}

static inline void COpenSSL_CTX_server_cache(SSL_CTX *ctx, long size) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_AUTO_CLEAR);
    SSL_CTX_sess_set_cache_size(ctx, size);
}

static inline void COpenSSL_CTX_client_cache(SSL_CTX *ctx) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
}

static inline int COpenSSL_CTX_add_chain_certificate(SSL_CTX *ctx, X509 *certificate) {
    return SSL_CTX_add1_chain_cert(ctx, certificate) == 1;
}

static inline void COpenSSL_CTX_set_servername_callback(SSL_CTX *ctx, int (*cb)(SSL *, int *, void *)) {
    SSL_CTX_set_tlsext_servername_callback(ctx, cb);
}

/* Connections. */

static inline int COpenSSL_set_host_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name) == 1;
}

static inline int COpenSSL_new_ssl_index(void) {
    return CRYPTO_get_ex_new_index(CRYPTO_EX_INDEX_SSL, 0, NULL, NULL, NULL, NULL);
}

static inline void COpenSSL_BIO_retry_read(BIO *bio) {
    BIO_clear_retry_flags(bio);
    BIO_set_retry_read(bio);
}

static inline void COpenSSL_BIO_no_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

static inline long COpenSSL_BIO_contents(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }

/* Error queue. */

static inline int COpenSSL_error_library(unsigned long code) { return ERR_GET_LIB(code); }
static inline int COpenSSL_error_reason(unsigned long code) { return ERR_GET_REASON(code); }

/* Stacks. */

static inline STACK_OF(X509) *COpenSSL_certificates_new(void) { return sk_X509_new_null(); }
static inline int COpenSSL_certificates_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate) > 0;
}
static inline int COpenSSL_certificates_count(const STACK_OF(X509) *stack) {
    return stack ? sk_X509_num(stack) : 0;
}
static inline X509 *COpenSSL_certificates_at(const STACK_OF(X509) *stack, int index) {
    return sk_X509_value(stack, index);
}
static inline void COpenSSL_certificates_free(STACK_OF(X509) *stack) { sk_X509_free(stack); }

static inline int COpenSSL_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
/* Type of one name (GEN_URI, GEN_DNS, GEN_IPADD...), and its bytes when it is one of these three. */
static inline int COpenSSL_name_at(const GENERAL_NAMES *names, int index, const unsigned char **data, int *length) {
    GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    *data = NULL;
    *length = 0;
    if (name->type == GEN_URI || name->type == GEN_DNS || name->type == GEN_IPADD) {
        const ASN1_STRING *text = name->type == GEN_IPADD ? name->d.iPAddress : name->d.ia5;
        *data = ASN1_STRING_get0_data(text);
        *length = ASN1_STRING_length(text);
    }
    return name->type;
}

static inline GENERAL_NAMES *COpenSSL_names_new(void) { return sk_GENERAL_NAME_new_null(); }
static inline int COpenSSL_names_add(GENERAL_NAMES *names, int type, const unsigned char *data, int length) {
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *text = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    if (!name || !text || !ASN1_STRING_set(text, data, length)) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(text);
        return 0;
    }
    GENERAL_NAME_set0_value(name, type, text);
    if (sk_GENERAL_NAME_push(names, name) <= 0) {
        GENERAL_NAME_free(name);
        return 0;
    }
    return 1;
}

/* RFC 2253 text with control characters escaped and UTF-8 kept. */
static inline int COpenSSL_print_name(BIO *bio, const X509_NAME *name) {
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0;
}

/* Requests. */

static inline int COpenSSL_request_add_names(X509_REQ *request, GENERAL_NAMES *names, int critical) {
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    int ok = X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, critical, X509V3_ADD_DEFAULT) == 1
        && X509_REQ_add_extensions(request, extensions) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return ok;
}

/* The request's alternative names, owned by the caller; *state: -1 absent, -2 several, 0 or 1 found or malformed. */
static inline GENERAL_NAMES *COpenSSL_request_names(X509_REQ *request, int *state) {
    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
    GENERAL_NAMES *names = NULL;
    *state = -1;
    if (extensions) names = (GENERAL_NAMES *)X509V3_get_d2i(extensions, NID_subject_alt_name, state, NULL);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return names;
}

static inline GENERAL_NAMES *COpenSSL_certificate_names(const X509 *certificate, int *state) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, state, NULL);
}

static inline EVP_PKEY *COpenSSL_generate_p256(void) { return EVP_EC_gen("P-256"); }

#endif
