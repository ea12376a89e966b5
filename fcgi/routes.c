/* SPDX-License-Identifier: MIT */
/* What can be asked, and by whom. Adding a route is adding a row here and a path in docs/openapi.yaml (a test compares). */
#include "fcgi/api.h"
#include "fcgi/api_dev_issuer.h"
#include "fcgi/route.h"

#define OIDC "/realms/demo/protocol/openid-connect"

/* clang-format off: a table reads by its columns */
const struct route routes[] = {
    /* method     pattern                        handler             scope             transaction     body                pool */
    {HTTP_GET, "/healthz", api_healthz, SCOPE_PUBLIC, ROUTE_TX_NONE, ROUTE_BODY_NONE, ROUTE_ANY},
    {HTTP_GET, "/readyz", api_readyz, SCOPE_PUBLIC, ROUTE_TX_NONE, ROUTE_BODY_NONE, ROUTE_ANY},
    {HTTP_GET, "/metrics", api_metrics, SCOPE_OPERATOR, ROUTE_TX_READ, ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_GET, "/api/status", api_status, SCOPE_OPERATOR, ROUTE_TX_READ, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_GET, "/api/client-config", api_client_config, SCOPE_PUBLIC, ROUTE_TX_NONE,
     ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_GET, "/api/me", api_me, SCOPE_DATA_READ, ROUTE_TX_READ, ROUTE_BODY_NONE, ROUTE_WEB},

    {HTTP_POST, "/api/upload", api_upload, SCOPE_DATA_WRITE, ROUTE_TX_NONE, ROUTE_BODY_UPLOAD,
     ROUTE_STREAM},
    {HTTP_POST, "/api/upload/preview", api_upload_preview, SCOPE_DATA_WRITE, ROUTE_TX_NONE,
     ROUTE_BODY_UPLOAD, ROUTE_STREAM},
    {HTTP_GET, "/api/uploads", api_upload_list, SCOPE_DATA_READ, ROUTE_TX_READ, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_GET, "/api/uploads/{id}", api_upload_get, SCOPE_DATA_READ, ROUTE_TX_READ, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_DELETE, "/api/uploads/{id}", api_upload_undo, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_NONE, ROUTE_STREAM},
    {HTTP_GET, "/api/uploads/{id}/errors", api_upload_errors, SCOPE_DATA_READ, ROUTE_TX_READ,
     ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_GET, "/api/upload/mappings", api_upload_mapping_list, SCOPE_DATA_READ, ROUTE_TX_READ,
     ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_POST, "/api/upload/mappings", api_upload_mapping_create, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_JSON, ROUTE_WEB},
    {HTTP_GET, "/api/upload/mappings/{id}", api_upload_mapping_get, SCOPE_DATA_READ, ROUTE_TX_READ,
     ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_PUT, "/api/upload/mappings/{id}", api_upload_mapping_replace, SCOPE_DATA_WRITE,
     ROUTE_TX_WRITE, ROUTE_BODY_JSON, ROUTE_WEB},
    {HTTP_DELETE, "/api/upload/mappings/{id}", api_upload_mapping_delete, SCOPE_DATA_WRITE,
     ROUTE_TX_WRITE, ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_GET, "/api/process-jobs", api_process_jobs, SCOPE_DATA_READ, ROUTE_TX_READ,
     ROUTE_BODY_NONE, ROUTE_WEB},

    {HTTP_GET, "/api/jobs", api_job_list, SCOPE_DATA_READ, ROUTE_TX_READ, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_GET, "/api/jobs/progress", api_job_progress, SCOPE_DATA_READ, ROUTE_TX_READ,
     ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_POST, "/api/jobs/retry-failed", api_jobs_retry_failed, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_JSON_OPTIONAL, ROUTE_WEB},
    {HTTP_POST, "/api/jobs/cancel", api_jobs_cancel, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_JSON, ROUTE_WEB},
    {HTTP_GET, "/api/jobs/{id}", api_job_get, SCOPE_DATA_READ, ROUTE_TX_READ, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_POST, "/api/jobs/{id}/retry", api_job_retry, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_POST, "/api/jobs/{id}/cancel", api_job_cancel, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_NONE, ROUTE_WEB},

    {HTTP_GET, "/api/meetings", api_meeting_list, SCOPE_DATA_READ, ROUTE_TX_READ, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_DELETE, "/api/meetings", api_meeting_delete, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_JSON, ROUTE_WEB},
    {HTTP_GET, "/api/meetings/filter-options", api_meeting_filter_options, SCOPE_DATA_READ,
     ROUTE_TX_READ, ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_POST, "/api/meetings/requeue", api_meeting_requeue, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_JSON, ROUTE_WEB},
    {HTTP_POST, "/api/meetings/labels", api_meeting_labels, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_JSON, ROUTE_WEB},
    {HTTP_GET, "/api/meetings/export.csv", api_meeting_export_csv, SCOPE_DATA_READ, ROUTE_TX_NONE,
     ROUTE_BODY_NONE, ROUTE_STREAM},
    {HTTP_GET, "/api/meetings/export.xlsx", api_meeting_export_xlsx, SCOPE_DATA_READ, ROUTE_TX_NONE,
     ROUTE_BODY_NONE, ROUTE_STREAM},
    {HTTP_GET, "/api/meetings/export.ndjson", api_meeting_export_ndjson, SCOPE_DATA_READ,
     ROUTE_TX_NONE, ROUTE_BODY_NONE, ROUTE_STREAM},
    {HTTP_GET, "/api/meetings/{id}", api_meeting_get, SCOPE_DATA_READ, ROUTE_TX_READ,
     ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_PATCH, "/api/meetings/{id}", api_meeting_patch, SCOPE_DATA_WRITE, ROUTE_TX_WRITE,
     ROUTE_BODY_JSON, ROUTE_WEB},

    {HTTP_GET, "/api/fields", api_fields, SCOPE_DATA_READ, ROUTE_TX_READ, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_POST, "/api/charts/data", api_chart_data, SCOPE_DATA_READ, ROUTE_TX_READ, ROUTE_BODY_JSON,
     ROUTE_WEB},

    {HTTP_GET, "/realms/demo/.well-known/openid-configuration", api_dev_discovery, SCOPE_PUBLIC,
     ROUTE_TX_NONE, ROUTE_BODY_NONE, ROUTE_WEB},
    {HTTP_GET, OIDC "/certs", api_dev_certs, SCOPE_PUBLIC, ROUTE_TX_NONE, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_GET, OIDC "/auth", api_dev_auth_get, SCOPE_PUBLIC, ROUTE_TX_NONE, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_POST, OIDC "/auth", api_dev_auth_post, SCOPE_PUBLIC, ROUTE_TX_NONE, ROUTE_BODY_FORM,
     ROUTE_WEB},
    {HTTP_POST, OIDC "/token", api_dev_token, SCOPE_PUBLIC, ROUTE_TX_NONE, ROUTE_BODY_FORM,
     ROUTE_WEB},
    {HTTP_GET, OIDC "/logout", api_dev_logout, SCOPE_PUBLIC, ROUTE_TX_NONE, ROUTE_BODY_NONE,
     ROUTE_WEB},
    {HTTP_POST, OIDC "/logout", api_dev_logout, SCOPE_PUBLIC, ROUTE_TX_NONE, ROUTE_BODY_FORM,
     ROUTE_WEB},
};
/* clang-format on */

const size_t nroutes = sizeof routes / sizeof *routes;
