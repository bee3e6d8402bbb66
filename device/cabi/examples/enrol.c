/*
 * A device gets its keys. Run it twice, with the authority's answer in between:
 *
 *   enrol request FOLDER NAME REQUEST            makes the folder and writes the request to a file
 *   enrol install FOLDER PACKAGE LIST "WORDS"    installs the answer, if it comes from the authority with these eight words
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marque.h"

enum { MOST = 16 << 20 }; /* octets of the longest file, a list */

/* must ends the program when a call failed. */
static void must(int32_t code, const char *what) {
    if (code != MARQUE_OK) {
        fprintf(stderr, "%s: error %" PRId32 ": %s\n", what, code, marque_last_text());
        exit(1);
    }
}

static void fail(const char *what, const char *which) {
    fprintf(stderr, "%s: %s\n", what, which);
    exit(1);
}

static uint8_t *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    uint8_t *b = malloc(MOST + 1);
    if (f == NULL || b == NULL) fail("cannot be read", path);
    *size = fread(b, 1, MOST + 1, f);
    if (ferror(f) || *size > MOST) fail("cannot be read, or is too long", path);
    fclose(f);
    return b;
}

static void request(const char *folder, const char *name, const char *path) {
    marque_device bus;
    must(marque_create(folder, name, MARQUE_VEHICLE, NULL, &bus), "create");

    marque_bytes b;
    must(marque_request(bus, &b), "request");
    FILE *f = fopen(path, "wb");
    if (f == NULL || fwrite(b.data, 1, b.size, f) != b.size || fclose(f) != 0) fail("cannot be written", path);
    marque_free(&b);

    marque_status s;
    char words[MARQUE_WORDS_SIZE];
    must(marque_get_status(bus, &s), "status");
    must(marque_words(s.request, words), "words");
    printf("the request's words: %s\n", words);
    must(marque_close(bus), "close");
}

static void install(const char *folder, const char *package, const char *list, const char *confirmed) {
    marque_device bus;
    must(marque_load(folder, NULL, &bus), "load");

    size_t size;
    uint8_t *b = read_file(package, &size);
    marque_offer offer;
    must(marque_inspect(bus, b, size, &offer), "inspect");
    if (strcmp(offer.words, confirmed) != 0) fail("not the authority that was expected; its words are", offer.words);
    must(marque_install(bus, b, size, offer.core), "install");
    free(b);

    b = read_file(list, &size);
    marque_applied applied;
    must(marque_apply(bus, b, size, &applied), "apply");
    free(b);

    marque_status s;
    must(marque_get_status(bus, &s), "status");
    printf("%s of %s, list %" PRIu32 ", %" PRIu32 " revoked\n", s.address, s.realm, s.list_sequence, s.list_revoked);
    must(marque_close(bus), "close");
}

int main(int argc, char **argv) {
    if (marque_abi() != MARQUE_ABI) fail("another version of the library", "");
    if (argc == 5 && strcmp(argv[1], "request") == 0) {
        request(argv[2], argv[3], argv[4]);
    } else if (argc == 6 && strcmp(argv[1], "install") == 0) {
        install(argv[2], argv[3], argv[4], argv[5]);
    } else {
        fprintf(stderr, "usage: enrol request FOLDER NAME REQUEST | enrol install FOLDER PACKAGE LIST WORDS\n");
        return 2;
    }
    return 0;
}
