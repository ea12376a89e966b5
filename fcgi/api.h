/* SPDX-License-Identifier: MIT */
/*
 * api: the handlers, one api_*.c a resource. Their policy is their row in routes.c; what they answer is in docs/openapi.yaml.
 */
#ifndef FCGI_API_H
#define FCGI_API_H

#include "fcgi/http.h"

#define API_HANDLER(name)                                                                          \
    int name(struct ctx *cx, const struct http_request *rq, struct http_response *rs)

/* api_system.c */
API_HANDLER(api_healthz);
API_HANDLER(api_readyz);
API_HANDLER(api_client_config);
/* api_status.c */
API_HANDLER(api_status);
API_HANDLER(api_metrics);
/* api_me.c */
API_HANDLER(api_me);
/* api_uploads.c */
API_HANDLER(api_upload);
API_HANDLER(api_upload_preview);
API_HANDLER(api_upload_undo);
API_HANDLER(api_upload_list);
API_HANDLER(api_upload_get);
API_HANDLER(api_upload_errors);
/* api_upload_errors.c */
API_HANDLER(api_upload_errors_csv);
/* api_upload_mappings.c */
API_HANDLER(api_upload_mapping_list);
API_HANDLER(api_upload_mapping_create);
API_HANDLER(api_upload_mapping_get);
API_HANDLER(api_upload_mapping_replace);
API_HANDLER(api_upload_mapping_delete);
/* api_jobs.c */
API_HANDLER(api_process_jobs);
API_HANDLER(api_job_list);
API_HANDLER(api_job_get);
API_HANDLER(api_job_progress);
API_HANDLER(api_jobs_retry_failed);
API_HANDLER(api_jobs_cancel);
API_HANDLER(api_job_retry);
API_HANDLER(api_job_cancel);

API_HANDLER(api_usage);
API_HANDLER(api_notices);
API_HANDLER(api_model_settings_get);
API_HANDLER(api_model_settings_put);
/* api_meetings.c */
API_HANDLER(api_meeting_list);
API_HANDLER(api_meeting_get);
API_HANDLER(api_meeting_filter_options);
API_HANDLER(api_meeting_patch);
API_HANDLER(api_meeting_delete);
API_HANDLER(api_meeting_requeue);
API_HANDLER(api_meeting_labels);
API_HANDLER(api_meeting_export_csv);
API_HANDLER(api_meeting_export_xlsx);
API_HANDLER(api_meeting_export_ndjson);
/* api_charts.c */
API_HANDLER(api_fields);
API_HANDLER(api_chart_data);

#endif
