#include "http/internal.h"
#include "http/json_text.h"

err_t http_json_body(struct http_request *req, const struct json_t **out)
{
    struct exchange *x = (struct exchange *)req;
    if (x->json == NULL)
        TRY(json_text_parse(req->body, &x->json));
    *out = x->json;
    return ERR(OK);
}
