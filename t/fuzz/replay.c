
/*
 * Runs a fuzz target over its corpus where libFuzzer is not, and prints TAP: a
 * corpus becomes a test of the build.  The program is called replay-NAME and
 * takes t/fuzz/corpus/NAME of the current folder, or the files named as
 * arguments.
 */


#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_corpus(const char *program);
static int replay(const char *name);


int
main(int argc, char **argv)
{
    int  i, n;

    printf("1..1\n");

    if (argc > 1) {

        for (i = 1; i < argc; i++) {
            if (replay(argv[i]) != 0) {
                perror(argv[i]);
                return 1;
            }
        }

        n = argc - 1;

    } else {
        n = replay_corpus(argv[0]);
    }

    printf("%sok 1 - %d inputs\n", n > 0 ? "" : "not ", n);

    return n > 0 ? 0 : 1;
}


static int
replay_corpus(const char *program)
{
    int             n;
    DIR            *dir;
    char            path[4096], name[512];
    const char     *target;
    struct dirent  *entry;

    target = strstr(program, "replay-");

    if (target == NULL) {
        return 0;
    }

    (void) snprintf(name, sizeof(name), "t/fuzz/corpus/%s",
                    target + sizeof("replay-") - 1);

    dir = opendir(name);
    if (dir == NULL) {
        perror(name);
        return 0;
    }

    n = 0;

    while ((entry = readdir(dir)) != NULL) {

        if (entry->d_name[0] == '.') {
            continue;
        }

        (void) snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);

        if (replay(path) != 0) {
            perror(path);
            n = 0;
            break;
        }

        n++;
    }

    (void) closedir(dir);

    return n;
}


/* a block of just the input's size, so that ASan sees a read beyond it */

static int
replay(const char *name)
{
    long      size;
    FILE     *file;
    uint8_t  *data;

    file = fopen(name, "rb");
    if (file == NULL) {
        return -1;
    }

    if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        (void) fclose(file);
        return -1;
    }

    rewind(file);
    data = malloc(size ? size : 1);

    if (data == NULL || fread(data, 1, size, file) != (size_t) size) {
        free(data);
        (void) fclose(file);
        return -1;
    }

    (void) fclose(file);
    (void) LLVMFuzzerTestOneInput(data, size);
    free(data);

    return 0;
}
