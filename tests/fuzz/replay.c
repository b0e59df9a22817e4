/* replay.c - runs a fuzz target over its corpus without libFuzzer: `fuzz_NAME FOLDER`.
 *
 * Each regular file of the folder is one input of at most 1 MiB. Exit status 0 when there was at
 * least one input and every property held; a property that fails aborts, a sanitizer stops us.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_MAX = 1024 * 1024, PATH_LEN = 4096 };

/* Returns 1 when the file was an input and has been run, 0 when it is no input, -1 on failure. */
static int run_file(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return -1;
    if (!S_ISREG(st.st_mode))
        return 0;
    if (st.st_size > INPUT_MAX)
        return -1;
    size_t size = (size_t)st.st_size;
    /* An exact allocation lets AddressSanitizer see a read one byte too far. */
    uint8_t *data = malloc(size == 0 ? 1 : size);
    FILE *f = fopen(path, "rb");
    int done = -1;
    if (data != NULL && f != NULL && fread(data, 1, size, f) == size) {
        (void)LLVMFuzzerTestOneInput(data, size);
        done = 1;
    }
    if (f != NULL)
        (void)fclose(f);
    free(data);
    return done;
}

/* Returns how many inputs were run, or -1 at the first that could not be. */
static int run_folder(const char *folder)
{
    struct dirent **names = NULL;
    int entries = scandir(folder, &names, NULL, alphasort);
    int count = entries < 0 ? -1 : 0;
    for (int i = 0; i < entries; i++) {
        char path[PATH_LEN];
        int len = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        int done = len < 0 || len >= PATH_LEN ? -1 : run_file(path);
        if (done < 0)
            (void)fprintf(stderr, "cannot replay %s/%s\n", folder, names[i]->d_name);
        count = done < 0 || count < 0 ? -1 : count + done;
        free(names[i]);
    }
    free(names);
    return count;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s CORPUS-FOLDER\n", argv[0]);
        return 2;
    }
    static const uint8_t nothing = 0;
    (void)LLVMFuzzerTestOneInput(&nothing, 0);
    int count = run_folder(argv[1]);
    (void)printf("%d inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
