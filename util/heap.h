/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is freed goes back to the system. A large store is read aside on a worker and
 * dropped again; malloc() would keep the most that there ever was of it, and once for
 * each thread. */
#pragma once

/* For a program that lives long: one heap for all threads, and a mapping of its own for
 * each large text. Before there is any other thread. */
void heap_share(void);

/* Gives back what is free, once something of megabytes was freed. Any thread; takes
 * about a millisecond, in which others wait for memory. */
void heap_release(void);
