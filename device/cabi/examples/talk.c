/*
 * Two enrolled devices talk: broadcasts, a sealed message to a stranger, and an answer that nobody else can read, not even the authority.
 *
 *   talk FOLDER OTHER-FOLDER
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marque.h"

static void must(int32_t code, const char *what) {
    if (code != MARQUE_OK) {
        fprintf(stderr, "%s: error %" PRId32 ": %s\n", what, code, marque_last_text());
        exit(1);
    }
}

static void show(const char *what, const marque_message *m) {
    printf("%s %s: %.*s\n", what, m->sender, (int)m->payload.size, (const char *)m->payload.data);
}

static marque_in *octets(const char *text) { return (marque_in *)text; }

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: talk FOLDER OTHER-FOLDER\n");
        return 2;
    }
    marque_device bus, park;
    must(marque_load(argv[1], NULL, &bus), argv[1]);
    must(marque_load(argv[2], NULL, &park), argv[2]);
    marque_status s;
    must(marque_get_status(park, &s), "status");

    marque_bytes b;
    marque_message m;
    must(marque_sign(bus, octets("at stop 7"), 9, 0, &b), "sign");
    must(marque_verify(park, b.data, b.size, &m), "verify");
    show("broadcast", &m);
    marque_free(&m.payload);
    if (marque_verify(park, b.data, b.size, &m) != MARQUE_REPLAY) return 1;
    printf("again: %s\n", marque_last_text());
    marque_free(&b);

    marque_view heard[2];
    marque_bytes beacons[2];
    marque_verified all[2];
    for (int i = 0; i < 2; i++) { /* the first one in full, the next ones short */
        must(marque_sign(bus, octets(i == 0 ? "braking" : "stopped"), 7, MARQUE_MIXED, &beacons[i]), "sign");
        heard[i] = (marque_view){beacons[i].data, beacons[i].size};
    }
    must(marque_verify_all(park, heard, 2, all), "verify all");
    for (int i = 0; i < 2; i++) {
        if (all[i].code != MARQUE_OK) return 1;
        show(all[i].message.mode == MARQUE_MODE_BROADCAST ? "beacon" : "short beacon", &all[i].message);
        marque_free(&all[i].message.payload);
        marque_free(&beacons[i]);
    }

    int32_t mode;
    must(marque_seal(bus, s.address, octets("a place for tonight?"), 20, 0, &b, &mode), "seal");
    must(marque_open(park, b.data, b.size, &m), "open");
    show(mode == MARQUE_MODE_COLD ? "cold" : "warm", &m);
    marque_free(&b);

    must(marque_seal(park, m.sender, octets("number 12"), 9, MARQUE_REQUIRE_WARM, &b, &mode), "seal");
    marque_free(&m.payload);
    must(marque_open(bus, b.data, b.size, &m), "open");
    show(mode == MARQUE_MODE_WARM ? "warm" : "cold", &m);
    marque_free(&m.payload);
    marque_free(&b);

    must(marque_close(bus), "close");
    must(marque_close(park), "close");
    return 0;
}
