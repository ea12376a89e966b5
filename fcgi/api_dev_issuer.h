/* SPDX-License-Identifier: MIT */
/*
 * api_dev_issuer: the realm paths of the development issuer. Rows of the route table exist always;
 * without the issuer they answer 404.
 *
 *   GET       /realms/demo/.well-known/openid-configuration           api_dev_discovery
 *   GET       /realms/demo/protocol/openid-connect/certs              api_dev_certs
 *   GET       /realms/demo/protocol/openid-connect/auth               api_dev_auth_get
 *   POST      /realms/demo/protocol/openid-connect/auth   form        api_dev_auth_post
 *   POST      /realms/demo/protocol/openid-connect/token  form        api_dev_token
 *   GET,POST  /realms/demo/protocol/openid-connect/logout form        api_dev_logout
 */
#ifndef FCGI_API_DEV_ISSUER_H
#define FCGI_API_DEV_ISSUER_H

#include "auth/dev_issuer.h"
#include "fcgi/http.h"

/* Before the fork; NULL: there is none. Borrowed for the process's life. */
void api_dev_issuer_use(struct dev_issuer *d);

int api_dev_discovery(struct ctx *cx, const struct http_request *rq, struct http_response *rs);
int api_dev_certs(struct ctx *cx, const struct http_request *rq, struct http_response *rs);
int api_dev_auth_get(struct ctx *cx, const struct http_request *rq, struct http_response *rs);
int api_dev_auth_post(struct ctx *cx, const struct http_request *rq, struct http_response *rs);
int api_dev_token(struct ctx *cx, const struct http_request *rq, struct http_response *rs);
int api_dev_logout(struct ctx *cx, const struct http_request *rq, struct http_response *rs);

#endif
