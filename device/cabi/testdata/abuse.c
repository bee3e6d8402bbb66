/* Everything that a careless or hostile caller may do, and many threads: abuse FOLDER OTHER-FOLDER LIST REGIONS REGION STRANGER. It prints what went wrong. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marque.h"

enum { THREADS = 4, ROUNDS = 25, MOST = 1 << 20 };

static atomic_int problems;

static void want(int32_t got, int32_t code, const char *what) {
    if (got != code || marque_last_code() != code || (marque_last_text()[0] == 0) != (code == MARQUE_OK)) {
        fprintf(stderr, "%s: got %" PRId32 " (%s), want %" PRId32 "\n", what, got, marque_last_text(), code);
        problems++;
    }
}

static void hold(int ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "%s\n", what);
        problems++;
    }
}

static int zeros(const void *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (((const uint8_t *)p)[i] != 0) return 0;
    return 1;
}

static int64_t late(void *context) { return (int64_t)(intptr_t)context; } /* a number, not a pointer, stands in the context */

static void handles(marque_device open) {
    marque_device none[] = {0, open + 1000, UINT64_MAX};
    uint8_t octet = 0;
    marque_bytes b;
    marque_message m;
    marque_offer o;
    marque_applied a;
    marque_status s;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        marque_device d = none[i];
        memset(&m, 0xAA, sizeof m);
        memset(&s, 0xAA, sizeof s);
        want(marque_request(d, &b), MARQUE_HANDLE, "request without a device");
        want(marque_receipt(d, &b), MARQUE_HANDLE, "receipt without a device");
        want(marque_sign(d, &octet, 1, 0, &b), MARQUE_HANDLE, "sign without a device");
        want(marque_seal(d, "//a/Sb~0", &octet, 1, 0, &b, NULL), MARQUE_HANDLE, "seal without a device");
        want(marque_verify(d, &octet, 1, &m), MARQUE_HANDLE, "verify without a device");
        hold(zeros(&m, sizeof m), "a message that was not verified is not all zeros");
        want(marque_open(d, &octet, 1, &m), MARQUE_HANDLE, "open without a device");
        want(marque_inspect(d, &octet, 1, &o), MARQUE_HANDLE, "inspect without a device");
        want(marque_install(d, &octet, 1, (uint8_t[32]){0}), MARQUE_HANDLE, "install without a device");
        want(marque_rotate(d, &octet, 1), MARQUE_HANDLE, "rotate without a device");
        want(marque_apply(d, &octet, 1, &a), MARQUE_HANDLE, "apply without a device");
        want(marque_get_status(d, &s), MARQUE_HANDLE, "status without a device");
        hold(zeros(&s, sizeof s), "a status without a device is not all zeros");
        want(marque_alarm(d, 0, NULL, (char[MARQUE_TEXT_SIZE]){0}), MARQUE_HANDLE, "alarm without a device");
        want(marque_close(d), MARQUE_HANDLE, "close without a device");
    }
}

static void pointers(marque_device d) {
    uint8_t octet = 0;
    static char endless[5000];
    memset(endless, 'a', sizeof endless);
    marque_bytes b;
    marque_message m;
    want(marque_sign(d, NULL, 1, 0, &b), MARQUE_USAGE, "sign NULL");
    want(marque_sign(d, &octet, 1, 0, NULL), MARQUE_USAGE, "sign to NULL");
    want(marque_sign(d, &octet, 1, MARQUE_SHORT | MARQUE_MIXED, &b), MARQUE_OPTIONS, "sign short and mixed");
    want(marque_sign(d, &octet, 1, 8, &b), MARQUE_USAGE, "sign with an unknown flag");
    want(marque_sign(d, &octet, SIZE_MAX, 0, &b), MARQUE_USAGE, "sign more than there is memory");
    want(marque_verify(d, NULL, 0, &m), MARQUE_MALFORMED, "verify nothing");
    want(marque_verify(d, NULL, 9, &m), MARQUE_USAGE, "verify NULL");
    want(marque_verify(d, &octet, 1, NULL), MARQUE_USAGE, "verify to NULL");
    want(marque_open(d, NULL, 9, &m), MARQUE_USAGE, "open NULL");
    want(marque_apply(d, NULL, 9, NULL), MARQUE_USAGE, "apply NULL");
    want(marque_apply(d, &octet, 1, NULL), MARQUE_MALFORMED, "apply one octet");
    want(marque_install(d, &octet, 1, NULL), MARQUE_USAGE, "install without a pin");
    want(marque_inspect(d, &octet, 1, NULL), MARQUE_USAGE, "inspect to NULL");
    want(marque_get_status(d, NULL), MARQUE_USAGE, "status to NULL");
    want(marque_alarm(d, 0, NULL, (char[MARQUE_TEXT_SIZE]){0}), MARQUE_USAGE, "an alarm that is not there");
    want(marque_alarm(d, 0, NULL, NULL), MARQUE_USAGE, "alarm to NULL");
    want(marque_words(NULL, endless), MARQUE_USAGE, "words of NULL");
    want(marque_words((uint8_t[32]){0}, NULL), MARQUE_USAGE, "words to NULL");
    want(marque_seal(d, NULL, &octet, 1, 0, &b, NULL), MARQUE_USAGE, "seal to nobody");
    want(marque_seal(d, endless, &octet, 1, 0, &b, NULL), MARQUE_USAGE, "seal to a text without an end");
    want(marque_seal(d, "a bus", &octet, 1, 0, &b, NULL), MARQUE_BAD_ADDRESS, "seal to no address");
    want(marque_seal(d, "//other.example/Sbus~0", &octet, 1, 0, &b, NULL), MARQUE_UNKNOWN_REALM, "seal to another realm");
    want(marque_load(NULL, NULL, &d), MARQUE_USAGE, "load NULL");
    want(marque_load("nothing is here", NULL, &d), MARQUE_NOT_FOUND, "load nothing");
    hold(d == 0, "a handle that was not given is not 0");
    want(marque_create("nothing is here/bus", "bus", 3, NULL, &d), MARQUE_USAGE, "create an unknown kind");
    want(marque_create("bus", "a name with spaces", MARQUE_VEHICLE, NULL, &d), MARQUE_OPTIONS, "create a bad name");
    marque_free(NULL);
    marque_free(&b);
    marque_free(&b);
}

/* Payloads of all shapes come through as they are, and no other octet is accepted. */
static void payloads(marque_device from, marque_device to, const char *address) {
    static uint8_t big[65537];
    for (size_t i = 0; i < sizeof big; i++) big[i] = (uint8_t)(i * 7);
    size_t sizes[] = {0, 1, 65536};
    marque_bytes b;
    marque_message m;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        want(marque_seal(from, address, big, sizes[i], MARQUE_REQUIRE_COLD, &b, NULL), MARQUE_OK, "seal");
        b.data[b.size - 1] ^= 1;
        want(marque_open(to, b.data, b.size, &m), MARQUE_TAMPERED, "open an altered message");
        hold(zeros(&m, sizeof m), "a message that was not opened is not all zeros");
        b.data[b.size - 1] ^= 1;
        want(marque_open(to, b.data, b.size, &m), MARQUE_OK, "open");
        hold(m.mode == MARQUE_MODE_COLD && m.payload.size == sizes[i] && memcmp(m.payload.data ? m.payload.data : big, big, sizes[i]) == 0, "another payload");
        marque_free(&m.payload);
        hold(m.payload.data == NULL && m.payload.size == 0, "what was freed is not empty");
        marque_free(&b);
    }
    want(marque_sign(from, big, 65537, 0, &b), MARQUE_TOO_LONG, "sign too much");
    want(marque_sign(from, big, 5, MARQUE_SHORT, &b), MARQUE_OK, "sign short");
    want(marque_verify(to, b.data, b.size, &m), MARQUE_OK, "verify short"); /* to knows the sender from what it opened */
    hold(m.mode == MARQUE_MODE_BROADCAST_SHORT, "another mode");
    marque_free(&m.payload);
    marque_free(&b);
}

/* One message to two, and what a careless caller makes of it. */
static void several(marque_device from, marque_device to, const char *address, const char *own) {
    marque_bytes b;
    marque_message m;
    int32_t mode = 7;
    marque_text *both[] = {address, "//fleet.example/Sother~9"}, *twice[] = {address, address}, *self[] = {address, own}, *hole[] = {address, NULL};
    want(marque_seal_all(from, both, 2, NULL, 0, MARQUE_REQUIRE_COLD, &b, &mode), MARQUE_OK, "seal to two");
    hold(mode == MARQUE_MODE_COLD_SEVERAL, "another mode than cold to several");
    want(marque_open(to, b.data, b.size, &m), MARQUE_OK, "open what is for two");
    hold(m.mode == MARQUE_MODE_COLD_SEVERAL && m.payload.size == 0, "another message");
    marque_free(&b);
    want(marque_seal_all(from, twice, 2, NULL, 0, 0, &b, &mode), MARQUE_OPTIONS, "seal to one twice");
    hold(mode == 0 && zeros(&b, sizeof b), "what was not sealed is not all zeros");
    want(marque_seal_all(from, self, 2, NULL, 0, 0, &b, NULL), MARQUE_OWN_IDENTITY, "seal to oneself, too");
    want(marque_seal_all(from, hole, 2, NULL, 0, 0, &b, NULL), MARQUE_USAGE, "seal to NULL, too");
    want(marque_seal_all(from, both, 0, NULL, 0, 0, &b, NULL), MARQUE_OPTIONS, "seal to nobody");
    want(marque_seal_all(from, NULL, 2, NULL, 0, 0, &b, NULL), MARQUE_USAGE, "seal to NULL");
    want(marque_seal_all(from, both, SIZE_MAX, NULL, 0, 0, &b, NULL), MARQUE_USAGE, "seal to more than there is memory");
}

/* Short broadcasts of who is not known are asked for, and many are verified at once. */
static void beacons(marque_device from, marque_device to) {
    marque_bytes b, request, full;
    marque_message m;
    marque_verified all[3];
    want(marque_sign(from, NULL, 0, MARQUE_SHORT, &b), MARQUE_OK, "sign short");
    want(marque_verify_asking(to, b.data, b.size, &m, &request), MARQUE_UNKNOWN_SENDER, "verify a stranger's short form");
    hold(request.size == MARQUE_REQUEST_SIZE, "it does not ask for the full form");
    want(marque_full_wanted(from, request.data, request.size), MARQUE_OK, "a request");
    want(marque_full_wanted(to, request.data, request.size), MARQUE_NOT_FOR_ME, "a request of another's key");
    marque_free(&request);
    marque_free(&b);
    want(marque_sign(from, NULL, 0, MARQUE_SHORT, &b), MARQUE_OK, "sign short");
    want(marque_verify_asking(to, b.data, b.size, &m, &request), MARQUE_UNKNOWN_SENDER, "verify a stranger's short form again");
    hold(request.size == 0, "it asked twice in a second");
    hold(zeros(&m, sizeof m), "a message that was not verified is not all zeros");
    want(marque_full_wanted(from, b.data, b.size), MARQUE_MALFORMED, "what is no request");
    want(marque_full_wanted(from, NULL, 9), MARQUE_USAGE, "a request that is NULL");
    want(marque_sign(from, NULL, 0, MARQUE_MIXED, &full), MARQUE_OK, "sign mixed");
    marque_view heard[] = {{full.data, full.size}, {b.data, b.size}, {full.data, full.size}}, huge[] = {{b.data, SIZE_MAX}};
    want(marque_verify_all(to, heard, 3, all), MARQUE_OK, "verify three");
    hold(all[0].code == MARQUE_OK && all[1].code == MARQUE_OK && all[2].code == MARQUE_REPLAY, "another outcome of three");
    hold(zeros(&all[2].message, sizeof all[2].message), "a message that was received before is not all zeros");
    want(marque_verify_all(to, huge, 1, all), MARQUE_USAGE, "verify more than there is memory");
    hold(zeros(all, sizeof all[0]), "what was not verified is not all zeros");
    want(marque_verify_all(to, heard, 3, NULL), MARQUE_USAGE, "verify to NULL");
    want(marque_verify_all(to, NULL, 3, all), MARQUE_USAGE, "verify NULL");
    want(marque_verify_all(to, heard, SIZE_MAX, all), MARQUE_USAGE, "verify more than any batch");
    want(marque_verify_all(to, NULL, 0, NULL), MARQUE_OK, "verify none");
    want(marque_verify_all(0, heard, 3, all), MARQUE_HANDLE, "verify without a device");
    marque_free(&b);
    marque_free(&full);
}

struct ends {
    marque_device from, to;
    int number;
};

/* Each thread talks over the same two devices, and finds its own errors. */
static void *talk(void *arg) {
    struct ends *e = arg;
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t text[2] = {(uint8_t)e->number, (uint8_t)i};
        marque_bytes b;
        marque_message m;
        marque_status s;
        want(marque_sign(e->from, text, 2, 0, &b), MARQUE_OK, "sign in a thread");
        want(marque_verify(e->to, b.data, b.size, &m), MARQUE_OK, "verify in a thread");
        hold(m.payload.size == 2 && memcmp(m.payload.data, text, 2) == 0, "the message of another thread");
        marque_free(&m.payload);
        if (e->number % 2 == 0) {
            want(marque_verify(e->to, b.data, b.size, &m), MARQUE_REPLAY, "verify again in a thread");
        } else {
            marque_free(&b); /* the next call begins with an empty one */
            want(marque_sign(0, text, 2, 0, &b), MARQUE_HANDLE, "sign without a device in a thread");
        }
        marque_free(&b);
        want(marque_get_status(e->from, &s), MARQUE_OK, "status in a thread");
    }
    return NULL;
}

/* Threads use a device until it is closed under them. */
static void *until_closed(void *arg) {
    struct ends *e = arg;
    for (;;) {
        marque_bytes b;
        int32_t code = marque_sign(e->from, NULL, 0, 0, &b);
        marque_free(&b);
        if (code == MARQUE_OK) continue;
        hold(code == MARQUE_HANDLE || code == MARQUE_CLOSED, "another error than that the device was closed");
        return NULL;
    }
}

static void threads(struct ends e, void *(*run)(void *), int close_meanwhile) {
    pthread_t all[THREADS];
    struct ends each[THREADS];
    for (int i = 0; i < THREADS; i++) {
        each[i] = e;
        each[i].number = i;
        if (pthread_create(&all[i], NULL, run, &each[i]) != 0) exit(3);
    }
    if (close_meanwhile) want(marque_close(e.from), MARQUE_OK, "close while threads use it");
    for (int i = 0; i < THREADS; i++) pthread_join(all[i], NULL);
}

static marque_view read_file(const char *path) {
    uint8_t *b = malloc(MOST);
    FILE *f = fopen(path, "rb");
    if (f == NULL || b == NULL) exit(3);
    size_t size = fread(b, 1, MOST, f);
    fclose(f);
    return (marque_view){b, size};
}

/* The same list in regions: the device holds all of it by now. */
static void regional(marque_device d, marque_view list, marque_view region) {
    marque_applied a;
    marque_view many[] = {region, region}, huge[] = {{region.data, 1}, {region.data, SIZE_MAX}}, none[] = {{NULL, 5}};
    want(marque_apply_regions(d, list.data, list.size, many, 1, &a), MARQUE_OK, "apply a region of the list in force");
    hold(!a.changed && a.revoked == 1 && a.sequence == 3, "the list in regions is another");
    want(marque_apply_regions(d, list.data, list.size, &list, 1, &a), MARQUE_MALFORMED, "apply what is no region");
    hold(zeros(&a, sizeof a), "a list that was not applied is not all zeros");
    want(marque_apply_regions(d, list.data, list.size, NULL, 1, &a), MARQUE_USAGE, "apply NULL regions");
    want(marque_apply_regions(d, list.data, list.size, many, SIZE_MAX, &a), MARQUE_USAGE, "apply more regions than there is memory");
    want(marque_apply_regions(d, list.data, list.size, huge, 2, &a), MARQUE_USAGE, "apply regions larger than there is memory");
    want(marque_apply_regions(d, list.data, list.size, none, 1, &a), MARQUE_USAGE, "apply a NULL region");
    want(marque_apply_trust(d, list.data, list.size), MARQUE_MALFORMED, "apply a list as a trust list");
    want(marque_apply_trust(d, NULL, 1), MARQUE_USAGE, "apply a NULL trust list");
    want(marque_apply_trust(0, list.data, list.size), MARQUE_HANDLE, "apply a trust list without a device");
    want(marque_apply_regions(0, list.data, list.size, many, 1, &a), MARQUE_HANDLE, "apply regions without a device");
    free((void *)list.data);
    free((void *)region.data);
}

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    marque_device bus, park, again, stranger;
    marque_status s;
    want(marque_load(argv[1], NULL, &bus), MARQUE_OK, "load");
    want(marque_load(argv[1], NULL, &again), MARQUE_IN_USE, "load twice");
    want(marque_load(argv[2], &(marque_options){.replay = 1000, .list_memory = 4096}, &park), MARQUE_OK, "load with options");
    want(marque_get_status(park, &s), MARQUE_OK, "status");
    handles(park);
    pointers(bus);
    marque_status own;
    want(marque_get_status(bus, &own), MARQUE_OK, "status");
    payloads(bus, park, s.address);
    several(bus, park, s.address, own.address);
    want(marque_load(argv[6], &(marque_options){.full_every = 2, .full_after = 1000, .tables = 4}, &stranger), MARQUE_OK, "load a third one");
    beacons(stranger, bus);
    want(marque_close(stranger), MARQUE_OK, "close the third one");
    threads((struct ends){bus, park, 0}, talk, 0);

    marque_view list = read_file(argv[3]);
    marque_applied a;
    want(marque_apply(park, list.data, list.size, &a), MARQUE_OK, "apply the list that revokes the bus");
    hold(a.changed && a.revoked == 1 && a.sequence == 3, "another list");
    marque_bytes b;
    marque_message m;
    free((void *)list.data);
    regional(park, read_file(argv[4]), read_file(argv[5]));
    want(marque_sign(bus, NULL, 0, 0, &b), MARQUE_OK, "sign");
    want(marque_verify(park, b.data, b.size, &m), MARQUE_REVOKED, "verify a revoked sender");
    marque_free(&b);

    threads((struct ends){bus, park, 0}, until_closed, 1);
    want(marque_close(bus), MARQUE_HANDLE, "close twice");
    want(marque_close(park), MARQUE_OK, "close");
    marque_options clock = {.clock = late, .clock_context = (void *)(intptr_t)1, .passphrase = (marque_in *)"never", .passphrase_size = 5};
    want(marque_load(argv[2], &clock, &park), MARQUE_LOCKED, "load with the wrong passphrase");
    clock.passphrase = NULL;
    want(marque_load(argv[2], &clock, &park), MARQUE_OK, "load with a clock of 1970");
    want(marque_get_status(park, &s), MARQUE_OK, "status");
    hold(s.now > 1 && s.now >= s.list_issued && s.list_sequence == 3, "a clock that was set back is believed");
    want(marque_close(park), MARQUE_OK, "close");
    return problems > 0;
}
