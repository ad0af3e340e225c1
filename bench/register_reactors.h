/* SPDX-License-Identifier: MIT */
#ifndef BENCH_REGISTER_REACTORS_H
#define BENCH_REGISTER_REACTORS_H

void register_reactors(int argc, char **argv);

#endif
