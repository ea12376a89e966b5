/* SPDX-License-Identifier: MIT */
/* Certificates: a TLS server with one of its own making, which nobody but its own file vouches for. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/base/arena.h"
#include "core/base/clock.h"
#include "core/net/http_client.h"

static pid_t server;
static int port;
static char ca_file[] = "/tmp/test_tls.XXXXXX";

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *x = X509_new();
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");

    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"localhost", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    X509_add_ext(x, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x, key, EVP_sha256());
    return x;
}

static void serve(SSL_CTX *ctx, int fd)
{
    static const char body[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
    /* a plain answer that says where to go without TLS */
    static const char down[] =
        "HTTP/1.1 302 Found\r\nLocation: http://localhost:1/\r\nContent-Length: 0\r\n\r\n";
    char buf[4096];
    SSL *s = SSL_new(ctx);
    int n;

    SSL_set_fd(s, fd);
    if (SSL_accept(s) == 1 && (n = SSL_read(s, buf, sizeof buf - 1)) > 0) {
        buf[n] = '\0';
        (void)(strstr(buf, "/down") ? SSL_write(s, down, sizeof down - 1)
                                    : SSL_write(s, body, sizeof body - 1));
        SSL_shutdown(s);
    }
    SSL_free(s);
}

static int start_server(void **state)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = make_certificate(key);
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    FILE *f = fdopen(mkstemp(ca_file), "w");
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)state;
    PEM_write_X509(f, certificate);
    fclose(f);
    SSL_CTX_use_certificate(ctx, certificate);
    SSL_CTX_use_PrivateKey(ctx, key);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 16) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &n) < 0)
        return -1;
    port = ntohs(a.sin_port);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        for (;;) {
            int c = accept(fd, NULL, NULL);

            serve(ctx, c);
            close(c);
        }
    }
    close(fd);
    SSL_CTX_free(ctx);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return unlink(ca_file);
}

static void check(const char *host, const char *path, const char *ca, int redirects,
                  const char *reason)
{
    struct ctx cx = {.arena = arena_new(1 << 20), .deadline_ms = clock_mono_ms() + 5000};
    struct net *net =
        net_new(&(struct net_options){.ca_file = ca, .allow_private = "localhost,127.0.0.1"});
    struct net_request rq = {.url = arena_printf(cx.arena, "https://%s:%d%s", host, port, path),
                             .redirects = redirects};
    struct net_response rs;
    const int result = net_fetch(&cx, net, &rq, &rs);

    if (reason) {
        assert_int_equal(result, -1);
        assert_string_equal(cx.err.reason, reason);
    } else {
        assert_int_equal(result, 0);
        assert_int_equal(rs.status, 200);
        assert_true(slice_is(rs.body, "secret"));
    }
    net_free(net);
    arena_free(cx.arena);
}

static void a_certificate_that_the_operators_file_vouches_for_is_accepted(void **state)
{
    (void)state;
    check("localhost", "/", ca_file, 0, NULL);
}

static void a_certificate_that_nobody_vouches_for_is_refused(void **state)
{
    (void)state;
    check("localhost", "/", NULL, 0, "upstream_tls");
}

static void a_certificate_of_another_name_is_refused(void **state)
{
    (void)state;
    check("127.0.0.1", "/", ca_file, 0, "upstream_tls");
}

static void a_ca_file_that_cannot_be_read_is_a_failure(void **state)
{
    (void)state;
    check("localhost", "/", "/nonexistent/ca.pem", 0, "upstream_tls");
}

static void https_never_goes_on_as_http(void **state)
{
    (void)state;
    check("localhost", "/down", ca_file, 3, "redirect_refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_that_the_operators_file_vouches_for_is_accepted),
        cmocka_unit_test(a_certificate_that_nobody_vouches_for_is_refused),
        cmocka_unit_test(a_certificate_of_another_name_is_refused),
        cmocka_unit_test(a_ca_file_that_cannot_be_read_is_a_failure),
        cmocka_unit_test(https_never_goes_on_as_http),
    };

    return cmocka_run_group_tests_name("http_client_tls", tests, start_server, stop_server);
}
