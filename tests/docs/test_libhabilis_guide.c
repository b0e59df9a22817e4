/* Runs the example of docs/libhabilis.md as far as it goes without a server: rule: it starts while the
 * server is away, and nothing is permitted without a session. */
#include <habilis/habilis.h>
#include <stdio.h>

struct habilis *start(void);

static int check(int holds, const char *what)
{
    if (!holds)
        (void)fprintf(stderr, "does not hold: %s\n", what);
    return holds ? 0 : 1;
}

int main(void)
{
    struct habilis_answer a;
    const struct habilis_question q = {
        .size = sizeof q, .resource = "DUI.PLAN_SOINS", .action = "lire", .structure = "S"
    };
    struct habilis *h = start();
    int failures = check(h != NULL, "the application starts while the server is away");
    habilis_decide(NULL, &q, &a);
    failures += check(a.effect == HABILIS_DENY, "nobody is refused");
    failures += check(a.text_fr[0] != '\0', "with a reason");
    habilis_close(h);
    return failures;
}
