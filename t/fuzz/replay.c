
/*
 * Runs a fuzz target over the files named as arguments, where libFuzzer is
 * not: a corpus becomes a test of the build.
 */


#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *name);


int
main(int argc, char **argv)
{
    int  i;

    for (i = 1; i < argc; i++) {
        if (replay(argv[i]) != 0) {
            perror(argv[i]);
            return 1;
        }
    }

    printf("%s: %d inputs\n", argv[0], argc - 1);

    return 0;
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
