#ifndef MARQUE_THREAD_H
#define MARQUE_THREAD_H

#include "marque.h"

/* The outcome of the last call of each thread. */
typedef struct {
    int32_t code;
    char text[MARQUE_TEXT_SIZE];
} marque_last;

marque_last *marque_thread_last(void);

/* marque_ask reads a clock that the program brought: Go cannot call a C function through a pointer, and what the
 * program passes as context may be a number, which Go would not bear as a pointer. */
int64_t marque_ask(marque_clock clock, uintptr_t context);

#endif
