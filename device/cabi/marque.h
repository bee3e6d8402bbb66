/*
 * Marque for programs that are not written in Go: an enrolled device that signs, verifies, seals and opens.
 *
 * Every function may be called from any thread, also for one device at the same time. Those that return int32_t return MARQUE_OK, or the
 * code of an error, whose text marque_last_text then gives in the same thread. Unless a comment says otherwise, a pointer must not be NULL,
 * what it points to is read or written during the call only, and what a function that failed was to fill in is all zeros.
 *
 * Times are milliseconds since 1970-01-01 UTC. Text is UTF-8 and ends in a zero octet. Addresses are such as "//fleet.example/Sbus-4711~0".
 * The library brings Go's runtime along, with threads of its own: do not call it in a child after fork without exec, and do not unload it.
 * The specification is device/PROTOCOL.md.
 */
#ifndef MARQUE_H
#define MARQUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* MARQUE_ABI is the version of this interface. It goes up with every change that a program compiled before would notice. */
#define MARQUE_ABI 1

/* Sizes of texts with their zero octet, and of hashes, in octets. */
#define MARQUE_ADDRESS_SIZE 256 /* an address, a realm, a name */
#define MARQUE_WORDS_SIZE 96    /* eight words */
#define MARQUE_TEXT_SIZE 513    /* the text of an error or an alarm */
#define MARQUE_HASH_SIZE 32
#define MARQUE_REQUEST_SIZE 13  /* what asks for the full form of a broadcast */

/* What marque_sign and marque_seal may be told; 0 for nothing. */
#define MARQUE_SHORT 1u        /* sign: 8 octets in place of address and key, for those who verified this device in this epoch */
#define MARQUE_MIXED 2u        /* sign: short but for the first, one of full_every, and those that marque_full_wanted asks for; not with MARQUE_SHORT */
#define MARQUE_REQUIRE_WARM 1u /* seal: fail with MARQUE_WARM_UNKNOWN rather than sealing cold */
#define MARQUE_REQUIRE_COLD 2u /* seal: cold although warm is possible */
#define MARQUE_FULL 4u         /* seal: name the sender in full even to a peer that seems to know it */

enum marque_kind {
    MARQUE_VEHICLE = 1,
    MARQUE_APPLICATION = 2
};

/* How a message was protected. Later versions of the library may give others. */
enum marque_mode {
    MARQUE_MODE_BROADCAST = 0x11,       /* signed, readable by anyone */
    MARQUE_MODE_BROADCAST_SHORT = 0x12, /* the same, for those who know the sender */
    MARQUE_MODE_COLD = 0x13,            /* sealed to an address; whoever holds the authority's master secret can read it */
    MARQUE_MODE_WARM = 0x14,            /* sealed to a peer's verified key; nobody but the peer can read it */
    MARQUE_MODE_COLD_SEVERAL = 0x15,    /* cold, to several addresses at once */
    MARQUE_MODE_WARM_SEVERAL = 0x16     /* warm, to several addresses at once */
};

/* Codes of errors. They never change. What to do about each its text says. */
enum marque_code {
    MARQUE_OK = 0,
    MARQUE_FAILED = 1,       /* none of the others: files, the disk */
    MARQUE_USAGE = 2,        /* a NULL pointer, an unknown flag, text without an end */
    MARQUE_HANDLE = 3,       /* no device has this handle, or it was closed */
    MARQUE_BAD_ADDRESS = 4,  /* not an address */
    MARQUE_EXISTS = 5,       /* the folder exists */
    MARQUE_NOT_FOUND = 6,    /* the folder, or a file of it, is missing */

    MARQUE_NOT_INSTALLED = 10, /* a request, but no keys yet */
    MARQUE_INSTALLED = 11,     /* the enrolment request is used up */
    MARQUE_IN_USE = 12,        /* another process holds the folder */
    MARQUE_LOCKED = 13,        /* the passphrase or key file does not open the folder */
    MARQUE_CORRUPT = 14,       /* a file of the folder is damaged or was altered */
    MARQUE_CLOSED = 15,        /* the device was closed during the call */
    MARQUE_OPTIONS = 16,       /* options or names that cannot be used */
    MARQUE_MEDIUM = 17,        /* the disk does not hold what was written to it */
    MARQUE_COUNTER = 18,       /* the folder was made with a counter, which this interface does not have yet */
    MARQUE_SEALED = 19,        /* the folder's key is sealed to a TPM, which this interface does not have yet */

    MARQUE_MALFORMED = 20,     /* not what was expected, in form */
    MARQUE_TAMPERED = 21,      /* a signature or seal does not hold; of a sealed message also: it is for somebody else */
    MARQUE_UNKNOWN_REALM = 22, /* of a realm whose core this device does not have */
    MARQUE_NOT_FOR_ME = 23,    /* meant for another address */
    MARQUE_OWN_IDENTITY = 24,  /* the peer would be this device itself */
    MARQUE_TOO_LONG = 25,      /* a payload of more than 65,536 octets */

    MARQUE_WRONG_PIN = 30,    /* the package comes from another authority than the one confirmed */
    MARQUE_OTHER_DEVICE = 31, /* the package answers another request */
    MARQUE_OLD_PACKAGE = 32,  /* this package, or a newer one, is installed */
    MARQUE_BAD_PACKAGE = 33,  /* authentic, but its contents contradict each other */

    MARQUE_NOT_NEXT = 40,     /* not the core that the one in force commits to */
    MARQUE_NO_NEXT = 41,      /* the core in force commits to none */
    MARQUE_ROTATED = 42,      /* of the core that was given up */
    MARQUE_ROTATE_FIRST = 43, /* of the next core, which this device was not shown yet */

    MARQUE_EPOCH = 50,          /* no key for the epoch in question */
    MARQUE_STALE_TIME = 51,     /* outside the accepted window */
    MARQUE_REPLAY = 52,         /* received before */
    MARQUE_BUSY = 53,           /* too many cold messages at once; offer it again later */
    MARQUE_UNKNOWN_SENDER = 54, /* the short form of a sender that is not remembered */
    MARQUE_TWO_KEYS = 55,       /* two valid keys exist for one identity */
    MARQUE_WARM_UNKNOWN = 56,   /* warm was required, and the peer's key is not known */

    MARQUE_REVOKED = 60,      /* the peer, or this device, is on the list */
    MARQUE_NO_LIST = 61,      /* no list answers for the identity */
    MARQUE_LIST_EXPIRED = 62, /* the list is past its hard expiry */
    MARQUE_OLD_LIST = 63,     /* older than the one in force */
    MARQUE_LIST_GAP = 64,     /* the change does not continue the list in force */
    MARQUE_FORKED = 65,       /* two lists with one number: both are in force, and an alarm is kept */
    MARQUE_NO_ANSWER = 66,    /* nothing would bring the asker's list further */
    MARQUE_SET_BACK = 67,     /* the folder was set back, and this list is past its next update */
    MARQUE_REGION_MISSING = 68, /* the list is held in regions, and the one in question is not among them */
    MARQUE_OTHER_REGION = 69, /* the region belongs to another list */

    MARQUE_HYBRID = 70,       /* of sessions, which this interface does not have yet */
    MARQUE_HANDSHAKE = 71,
    MARQUE_CROWDED = 72,
    MARQUE_TRUNCATED = 73,
    MARQUE_SESSION_ENDED = 74,
    MARQUE_EARLY = 75, /* a session was to begin with data where none may */

    MARQUE_OVERLAP = 76,       /* the trust list names two realms with a domain in common, or one with a domain of this realm */
    MARQUE_OLD_TRUST = 77,     /* the trust list is older than the one in force */
    MARQUE_TRUST_EXPIRED = 78, /* and no other realm is trusted any more */

    MARQUE_UNANSWERED = 80 /* nobody answered with a later list */
};

/* A device that is open. Handles are never used twice, and 0 is none. */
typedef uint64_t marque_device;

typedef const char marque_text;   /* a text that is read */
typedef marque_text *const marque_texts; /* an array of texts that is read */
typedef const uint8_t marque_in;  /* octets that are read; NULL, or an address of something, if there are 0 of them */

/* Octets that the library allocated; marque_free gives them back. */
typedef struct {
    uint8_t *data; /* NULL if there are none */
    size_t size;
} marque_bytes;

/* A clock that a program brings, for a machine whose own is not to be believed. It is called from several threads at once and must not call
 * this library. */
typedef int64_t (*marque_clock)(void *context);

/* How a folder is opened. NULL stands for one of zeros: a key file, and the system's clock. */
typedef struct {
    marque_in *passphrase;  /* opens the folder, 1 to 1,024 octets; NULL: the file "key" in the folder does */
    size_t passphrase_size;
    marque_clock clock;     /* NULL: the system's clock */
    void *clock_context;    /* anything, which clock is given until the device is closed */
    uint32_t replay;        /* accepted messages that are remembered, 4 to 2,097,152; 0: 65,536 */
    uint32_t list_memory;   /* octets that the list in force may take so that every lookup is fastest; 0: the library's choice */
    uint32_t full_every;    /* of so many broadcasts with MARQUE_MIXED one has the full form; 0: 10 */
    uint32_t full_after;    /* milliseconds after one of the full form until the next has it whatever full_every; 0: 5,000 */
    uint32_t tables;        /* of so many peers a table of 32 kB is kept, 0 to 256, with which verifying takes half the time */
} marque_options;

/* Octets of a program that are read; an array of these is read, too. */
typedef struct {
    marque_in *data;
    size_t size;
} marque_view;

typedef const marque_view marque_views;

typedef const marque_options marque_opening; /* options that are read; may be NULL */

/* What a package says of itself, verified under the core that it carries. That core is only as good as the comparison of its words with the
 * authority's. */
typedef struct {
    char realm[MARQUE_ADDRESS_SIZE];
    uint8_t core[MARQUE_HASH_SIZE]; /* the pin of marque_install, once it was confirmed */
    char words[MARQUE_WORDS_SIZE];  /* the same as eight words, which a person compares */
    uint32_t sequence;
    bool for_this_request;          /* it answers the request that this device waits with */
    bool pinned;                    /* a core is in force, and no other is taken: there is nothing to confirm */
} marque_offer;

/* A verified message: its sender signed it, is not revoked, sent it just now, and it was not received before. */
typedef struct {
    char sender[MARQUE_ADDRESS_SIZE];
    int64_t time;          /* by the sender's clock */
    int32_t mode;          /* enum marque_mode */
    bool stale;            /* the list is past its next update: the sender may have been revoked since */
    bool newer_than_list;  /* the sender is newer than the list, which therefore says nothing about it */
    marque_bytes payload;  /* to be freed */
} marque_message;

/* What became of one of the messages of marque_verify_all: code is MARQUE_OK, or message is all zeros. */
typedef struct {
    int32_t code;
    marque_message message;
} marque_verified;

/* What marque_apply did, and the list in force afterwards. */
typedef struct {
    uint32_t generation, base, sequence;
    int64_t issued;
    int64_t next_update;  /* from then on answers are marked stale */
    int64_t hard_expiry;  /* from then on everything is refused */
    uint64_t below;       /* the list speaks of serials below this number */
    uint32_t revoked;     /* serials that are on it */
    bool changed;         /* false: this very list was in force already */
    bool forked;          /* the list in force is the union of two with one number */
    bool self_revoked;    /* this device is on it */
} marque_applied;

/* What a device knows about itself at one moment. */
typedef struct {
    char name[MARQUE_ADDRESS_SIZE];
    int32_t kind;                      /* enum marque_kind */
    uint8_t request[MARQUE_HASH_SIZE]; /* hash of the enrolment request; marque_words shows it */
    int64_t now;                       /* the later of clock and time floor: what everything is judged by */
    bool set_back;                     /* the folder was set back to an earlier moment: nobody is trusted before a present list is applied */

    char realm[MARQUE_ADDRESS_SIZE];   /* empty before a first package */
    uint8_t core[MARQUE_HASH_SIZE];
    uint32_t generation;               /* of the core */
    bool rotating;                     /* rotated to this core, without keys of it yet */

    bool installed;                    /* false: the rest of this block is zero */
    char address[MARQUE_ADDRESS_SIZE]; /* given by the authority */
    uint32_t first_epoch, last_epoch;  /* of the keys */
    uint32_t epoch;                    /* now, if key_now */
    bool key_now;                      /* there is a key for now */
    bool revoked;                      /* this device is on the list: it signs and seals nothing */
    int64_t keys_until;

    bool list_known;                   /* false: nobody is trusted, and the rest of this block is zero */
    bool list_stale;                   /* past its next update */
    bool list_expired;                 /* past its hard expiry: everything is refused */
    bool list_forked;
    bool list_regional;                /* some of its regions are not held: of who is in those nobody is trusted */
    uint32_t list_generation, list_base, list_sequence;
    uint32_t list_revoked;             /* serials that are on it */
    uint64_t list_below;
    int64_t list_issued, list_next_update, list_hard_expiry;
    int64_t list_until;                /* end of the last epoch that it answers for */

    uint32_t alarms;                   /* marque_alarm gives each */
    uint32_t peers;                    /* keys known */
    uint32_t seen;                     /* messages remembered */
} marque_status;

/* marque_abi returns MARQUE_ABI of the library, to be compared with that of the header. */
uint32_t marque_abi(void);

/* marque_last_code and marque_last_text return the outcome of the last call that this thread made and that returned int32_t: MARQUE_OK and ""
 * after a success. The text is good until the next such call of the thread. It says what is wrong, why, and what to do next. */
int32_t marque_last_code(void);
marque_text *marque_last_text(void);

/* marque_free clears and frees what a function filled in, and empties it, so that freeing it again does nothing. bytes may be NULL. */
void marque_free(marque_bytes *bytes);

/* marque_words writes a hash as the eight words that people compare. */
int32_t marque_words(marque_in *hash, char words[MARQUE_WORDS_SIZE]);

/* marque_create makes a device folder with an enrolment request in it, and opens it. dir must not exist, its parent must. name has 1 to 48
 * letters, digits, '-', '.', '_'; kind is one of enum marque_kind. options may be NULL. */
int32_t marque_create(marque_text *dir, marque_text *name, int32_t kind, marque_opening *options, marque_device *device);

/* marque_load opens a device folder. options may be NULL. One process can hold a folder at a time. */
int32_t marque_load(marque_text *dir, marque_opening *options, marque_device *device);

/* marque_close saves what was learned and gives the folder back. A device that was not closed accepts no message from before its next start. */
int32_t marque_close(marque_device device);

/* marque_request gives the enrolment request, at most 220 octets, the same until marque_install. */
int32_t marque_request(marque_device device, marque_bytes *request);

/* marque_inspect reads a package of at most 65,536 octets and changes nothing. */
int32_t marque_inspect(marque_device device, marque_in *package, size_t size, marque_offer *offer);

/* marque_install takes the keys of a package into use, all or nothing. pin is the hash of the authority's core, MARQUE_HASH_SIZE octets, known
 * from the factory or confirmed by a person. */
int32_t marque_install(marque_device device, marque_in *package, size_t size, marque_in *pin);

/* marque_receipt gives what this device answers its package with, at most 536 octets. */
int32_t marque_receipt(marque_device device, marque_bytes *receipt);

/* marque_rotate gives up the core in force for the next one, a statement of at most 4,096 octets that the realm committed to. The device then
 * makes a new request and waits for its package. */
int32_t marque_rotate(marque_device device, marque_in *core, size_t size);

/* marque_sign gives a signed broadcast of at most 65,536 octets of payload. flags: MARQUE_SHORT or MARQUE_MIXED. */
int32_t marque_sign(marque_device device, marque_in *payload, size_t size, uint32_t flags, marque_bytes *message);

/* marque_verify checks a signed broadcast. What it gives is accepted once only; its payload is to be freed. */
int32_t marque_verify(marque_device device, marque_in *message, size_t size, marque_message *verified);

/* marque_verify_asking is marque_verify, and after MARQUE_UNKNOWN_SENDER gives what asks the sender for the full form, to be sent the way the
 * broadcast came: MARQUE_REQUEST_SIZE octets, or none when it was asked a moment ago. request may be NULL. */
int32_t marque_verify_asking(marque_device device, marque_in *message, size_t size, marque_message *verified, marque_bytes *request);

/* marque_full_wanted takes such a request and makes the next broadcast with MARQUE_MIXED a full one, at most once a second. */
int32_t marque_full_wanted(marque_device device, marque_in *request, size_t size);

/* marque_verify_all checks up to 4,096 broadcasts, of 16 MiB together, with what marque_verify would give for each of them in this order: faster, for
 * receivers of more than 1,000 a second. verified has count elements, whose payloads are to be freed. It returns MARQUE_OK whatever became of
 * each of them. */
int32_t marque_verify_all(marque_device device, marque_views *messages, size_t count, marque_verified *verified);

/* marque_seal signs and encrypts a payload of at most 65,536 octets to one address, of which nothing else has to be known, and says in which
 * mode. flags: MARQUE_REQUIRE_WARM or MARQUE_REQUIRE_COLD, MARQUE_FULL. mode may be NULL. */
int32_t marque_seal(marque_device device, marque_text *to, marque_in *payload, size_t size, uint32_t flags, marque_bytes *message, int32_t *mode);

/* marque_seal_all is marque_seal to 1 to 64 addresses at once, none of them twice: 48 octets for each, and the payload once. All of them open the
 * same message; nobody sees who the others are. Warm if the keys of all are known. If one of them cannot be sealed to, nothing is sealed. */
int32_t marque_seal_all(marque_device device, marque_texts *to, size_t count, marque_in *payload, size_t size, uint32_t flags, marque_bytes *message, int32_t *mode);

/* marque_open decrypts and verifies a sealed message. What it gives is accepted once only; its payload is to be freed. */
int32_t marque_open(marque_device device, marque_in *message, size_t size, marque_message *opened);

/* marque_apply takes a signed revocation list, or a change that leads to it, of at most 16 MiB into force. applied may be NULL. After
 * MARQUE_FORKED it is filled in, too. */
int32_t marque_apply(marque_device device, marque_in *list, size_t size, marque_applied *applied);

/* marque_apply_trust takes a trust list of this realm, of at most 80 KiB, into force: the device then talks to members of the realms that it
 * names, once marque_apply was given a list of that realm too, and to those of no other. */
int32_t marque_apply_trust(marque_device device, marque_in *list, size_t size);

/* marque_apply_regions takes a list in regions into force: its signed statement, and those regions of it that this device is to hold, the one
 * with its own serial among them or held already, of 16 MiB together. applied may be NULL. */
int32_t marque_apply_regions(marque_device device, marque_in *list, size_t size, marque_views *regions, size_t count, marque_applied *applied);

/* marque_get_status says what the device knows about itself. It works before marque_install, too. */
int32_t marque_get_status(marque_device device, marque_status *status);

/* marque_alarm gives one of the alarms that marque_get_status counts, the oldest being 0. Alarms stay. time may be NULL. */
int32_t marque_alarm(marque_device device, uint32_t index, int64_t *time, char text[MARQUE_TEXT_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
