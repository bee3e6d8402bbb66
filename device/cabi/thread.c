#include "thread.h"

static _Thread_local marque_last last;

marque_last *marque_thread_last(void) { return &last; }

int64_t marque_ask(marque_clock clock, uintptr_t context) { return clock((void *)context); }
